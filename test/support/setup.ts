import type { D1Migration } from "cloudflare:test";

import type { Env as WorkerEnv } from "../../src/env.ts";
import type { TestKeys } from "./keys.ts";
import { resetService } from "./reset.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      readonly mainModule: typeof import("../../src/index.ts");
    }
    interface Env extends WorkerEnv {
      readonly MIGRATIONS: D1Migration[];
      readonly TEST_KEYS: TestKeys;
    }
  }
}

// Files share runtimes, not data: each starts with the data of a new service.
await resetService();
