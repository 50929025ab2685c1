import type { Context } from "hono";
import type { RequestIdVariables } from "hono/request-id";

import type { OperationId } from "../domain/permissions.ts";
import type { Env } from "../env.ts";
import type { RequestStats } from "../storage/request-stats.ts";
import type { CallerKind } from "./request-log.ts";

/** What Hono is told of every request of this worker. */
export interface AppEnv {
  Bindings: Env;
  Variables: RequestIdVariables & {
    /** The whole body, taken in by the face before anything is decided. */
    body: Uint8Array<ArrayBuffer>;
    /** What the request has asked of the platform so far. */
    stats: RequestStats;
    /** The operation that answers; undefined before one is found. */
    operation: OperationId | undefined;
    /** Where the database is read; undefined where it is the primary alone. */
    session: D1DatabaseSession | undefined;
    /** Who asks; undefined before their credentials are found good. */
    caller: CallerKind | undefined;
    /** Why the token was rejected, for the log only; undefined if it was not. */
    tokenError: string | undefined;
  };
}
export type AppContext = Context<AppEnv>;
