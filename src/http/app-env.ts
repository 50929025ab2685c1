import type { Context } from "hono";
import type { RequestIdVariables } from "hono/request-id";

import type { Env } from "../env.ts";

/** What Hono is told of every request of this worker. */
export interface AppEnv {
  Bindings: Env;
  Variables: RequestIdVariables & {
    /** The whole body, taken in by the face before anything is decided. */
    body: Uint8Array<ArrayBuffer>;
  };
}
export type AppContext = Context<AppEnv>;
