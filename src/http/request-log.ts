/** What is written down of each request: for people in the log, for sums in Analytics Engine, for clients in `Server-Timing`. */
import { createMiddleware } from "hono/factory";

import { getConfig } from "../config.ts";
import { errorName } from "../domain/errors.ts";
import { sqlTrace } from "../logging.ts";
import type { Principal } from "../services/caller/context.ts";
import { RequestStats } from "../storage/request-stats.ts";
import type { AppContext, AppEnv } from "./app-env.ts";

/** Who asks, as far as a line may tell. */
export type CallerKind = "none" | "user" | "operator" | "access_token";

/**
 * Measures a request and tells of it once it is answered. Only what is named here is told: a path can
 * hold an address, and a header a token.
 */
export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const began = Date.now();
  c.set("stats", new RequestStats(sqlTrace(c.env, () => c.var)));
  await next();
  const seen = { ...requestSummary(c), milliseconds: Date.now() - began };
  const enabled = switches(c);
  if (enabled.requestLog) console.log(seen);
  writeMetrics(c, seen);
  if (enabled.serverTiming) c.res.headers.set("Server-Timing", timing(seen));
});

/** The kind of a caller whose credentials were found good. */
export function callerKind(principal: Principal): CallerKind {
  if (principal.kind === "token") return "access_token";
  return principal.operator ? "operator" : "user";
}

function requestSummary(c: AppContext) {
  const { roundTrips, rowsRead, rowsWritten, durableObjectCalls } = c.get("stats");
  return {
    event: "request",
    requestId: c.get("requestId"),
    /** The operation's id in the OpenAPI document; `none` where no operation answered. */
    operation: c.get("operation") ?? "none",
    method: c.req.method,
    status: c.res.status,
    caller: c.get("caller") ?? "none",
    ...tokenError(c),
    roundTrips,
    rowsRead,
    rowsWritten,
    durableObjectCalls,
  };
}

/** Returns why the token was rejected. Responses never say it. */
function tokenError(c: AppContext): { readonly token_error?: string } {
  const reason = c.get("tokenError");
  return reason === undefined ? {} : { token_error: reason };
}

type RequestSummary = ReturnType<typeof requestSummary> & { readonly milliseconds: number };

/** One data point, in the order that docs/operations.md tells. What fails here harms no answer. */
function writeMetrics({ env }: AppContext, seen: RequestSummary): void {
  const {
    operation,
    method,
    status,
    caller,
    milliseconds,
    roundTrips,
    rowsRead,
    rowsWritten,
    durableObjectCalls,
  } = seen;
  try {
    env.METRICS?.writeDataPoint({
      indexes: [operation],
      blobs: [operation, method, String(status), caller],
      doubles: [milliseconds, roundTrips, rowsRead, rowsWritten, durableObjectCalls],
    });
  } catch (error) {
    console.error({ event: "metrics_write_failed", error: errorName(error) });
  }
}

function timing({
  milliseconds,
  roundTrips,
  rowsRead,
  rowsWritten,
  durableObjectCalls,
}: RequestSummary): string {
  const database = `db;desc="${roundTrips} round trips, ${rowsRead} rows read, ${rowsWritten} written"`;
  return `total;dur=${milliseconds}, ${database}, usage;desc="${durableObjectCalls} calls"`;
}

/** While the configuration is wrong everything is written down, and nothing told. */
function switches(c: AppContext): { readonly requestLog: boolean; readonly serverTiming: boolean } {
  try {
    return getConfig(c.env);
  } catch {
    return { requestLog: true, serverTiming: false };
  }
}
