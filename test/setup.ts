import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";

import type { Env as WorkerEnv } from "../src/env.ts";
import type { TestKeys } from "./keys.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      readonly mainModule: typeof import("../src/index.ts");
    }
    interface Env extends WorkerEnv {
      readonly MIGRATIONS: D1Migration[];
      readonly TEST_KEYS: TestKeys;
    }
  }
}

await applyD1Migrations(env.DB, env.MIGRATIONS);
