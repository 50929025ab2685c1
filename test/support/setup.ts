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
      /** Whether SLOW=1 asks for every combination, repetition and run of a property. */
      readonly SLOW: boolean;
      /** How many scenarios the model-based test runs. `seed` and `path` repeat a failure as fast-check prints it. */
      readonly MODEL: { readonly runs: number; readonly seed: number; readonly path: string };
    }
  }
}

// Files share runtimes, not data: each starts with the data of a new service.
await resetService();
