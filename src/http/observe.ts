/** What is written down of each request: for people in the log, for sums in Analytics Engine, for clients in `Server-Timing`. */
import { createMiddleware } from "hono/factory";

import { nameOf } from "../domain/errors.ts";
import type { Principal } from "../services/context.ts";
import { Tally } from "../storage/tally.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { configurationOf } from "./configuration.ts";

/** Who asks, as far as a line may tell. */
export type CallerKind = "none" | "user" | "operator" | "access_token";

/**
 * Measures a request and tells of it once it is answered. Only what is named here is told: a path can
 * hold an address, and a header a token.
 */
export const observe = createMiddleware<AppEnv>(async (c, next) => {
  const began = Date.now();
  c.set("tally", new Tally());
  await next();
  const seen = { ...whatHappened(c), milliseconds: Date.now() - began };
  const { requestLog, serverTiming } = switches(c);
  if (requestLog) console.log(seen);
  count(c, seen);
  if (serverTiming) c.res.headers.set("Server-Timing", timing(seen));
});

/** The kind of a caller whose credentials were found good. */
export function kindOf(principal: Principal): CallerKind {
  if (principal.kind === "token") return "access_token";
  return principal.operator ? "operator" : "user";
}

function whatHappened(c: AppContext) {
  const { trips, rowsRead, rowsWritten, objectCalls } = c.get("tally");
  return {
    event: "request",
    requestId: c.get("requestId"),
    /** The operation's id in the OpenAPI document; `none` where no operation answered. */
    operation: c.get("operation") ?? "none",
    method: c.req.method,
    status: c.res.status,
    caller: c.get("caller") ?? "none",
    trips,
    rowsRead,
    rowsWritten,
    objectCalls,
  };
}

type Seen = ReturnType<typeof whatHappened> & { readonly milliseconds: number };

/** One data point, in the order that docs/operations.md tells. What fails here harms no answer. */
function count({ env }: AppContext, seen: Seen): void {
  const { operation, method, status, caller, milliseconds, trips, rowsRead, rowsWritten, objectCalls } = seen;
  try {
    env.METRICS?.writeDataPoint({
      indexes: [operation],
      blobs: [operation, method, String(status), caller],
      doubles: [milliseconds, trips, rowsRead, rowsWritten, objectCalls],
    });
  } catch (error) {
    console.error({ event: "not_counted", error: nameOf(error) });
  }
}

function timing({ milliseconds, trips, rowsRead, rowsWritten, objectCalls }: Seen): string {
  const database = `db;desc="${trips} trips, ${rowsRead} rows read, ${rowsWritten} written"`;
  return `total;dur=${milliseconds}, ${database}, usage;desc="${objectCalls} calls"`;
}

/** While the configuration is wrong everything is written down, and nothing told. */
function switches(c: AppContext): { readonly requestLog: boolean; readonly serverTiming: boolean } {
  try {
    return configurationOf(c.env);
  } catch {
    return { requestLog: true, serverTiming: false };
  }
}
