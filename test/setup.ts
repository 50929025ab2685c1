import type { D1Migration } from "cloudflare:test";

import type { Env as WorkerEnv } from "../src/env.ts";
import type { TestKeys } from "./keys.ts";
import { beginAnew } from "./new-service.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      readonly mainModule: typeof import("../src/index.ts");
    }
    interface Env extends WorkerEnv {
      readonly MIGRATIONS: D1Migration[];
      readonly TEST_KEYS: TestKeys;
      /** How many stories of tenants are told, and which: what fast-check prints of one that fails. */
      readonly ISOLATION: { readonly runs: number; readonly seed: number; readonly path: string };
    }
  }
}

// Files share runtimes, not data: each begins with what a new service has.
await beginAnew();
