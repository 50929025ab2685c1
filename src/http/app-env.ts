import type { Context } from "hono";
import type { RequestIdVariables } from "hono/request-id";

import type { OperationId } from "../domain/permissions.ts";
import type { Env } from "../env.ts";
import type { RequestStats } from "../storage/request-stats.ts";

/** The kind of credentials that were verified. */
export type CallerKind = "user" | "operator" | "access_token";

/** Bindings and variables of every Hono context in this Worker. */
export interface AppEnv {
  Bindings: Env;
  Variables: RequestIdVariables & {
    /** The whole request body, read before any check. */
    body: Uint8Array<ArrayBuffer>;
    /** What the request has cost so far. */
    stats: RequestStats;
    /** The matched operation; undefined before routing and for paths that no operation serves. */
    operation: OperationId | undefined;
    /** The session that may read replicas; undefined if only the primary is read. */
    session: D1DatabaseSession | undefined;
    /** Undefined until the credentials are verified. */
    caller: CallerKind | undefined;
    /** Why the token was rejected, for the log only; undefined if it was not. */
    tokenError: string | undefined;
  };
}
export type AppContext = Context<AppEnv>;
