/** Reports each request: to the log, to Analytics Engine, and to the client in `Server-Timing`. */
import { createMiddleware } from "hono/factory";

import { getConfig } from "../config.ts";
import { errorName } from "../domain/errors.ts";
import { sqlTrace } from "../logging.ts";
import { RequestStats } from "../storage/request-stats.ts";
import type { AppContext, AppEnv } from "./app-env.ts";

/**
 * Measures each request and reports it. The report holds only the fields below: a path can contain
 * an e-mail address, and a header a token.
 */
export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const start = Date.now();
  c.set("stats", new RequestStats(sqlTrace(c.env, () => c.var)));
  await next();
  const summary = { ...requestSummary(c), milliseconds: Date.now() - start };
  const enabled = reportConfig(c);
  if (enabled.requestLog) console.log(summary);
  writeMetrics(c, summary);
  if (enabled.serverTiming) c.res.headers.set("Server-Timing", serverTiming(summary));
});

function requestSummary(c: AppContext) {
  const { roundTrips, rowsRead, rowsWritten, durableObjectCalls } = c.get("stats");
  return {
    event: "request",
    requestId: c.get("requestId"),
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

/** Writes one data point; docs/operations.md lists its columns. A failure does not affect the response. */
function writeMetrics({ env }: AppContext, summary: RequestSummary): void {
  const { operation, method, status, caller, milliseconds } = summary;
  const { roundTrips, rowsRead, rowsWritten, durableObjectCalls } = summary;
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

function serverTiming(summary: RequestSummary): string {
  const { milliseconds, roundTrips, rowsRead, rowsWritten, durableObjectCalls } = summary;
  const database = `db;desc="${roundTrips} round trips, ${rowsRead} rows read, ${rowsWritten} written"`;
  return `total;dur=${milliseconds}, ${database}, usage;desc="${durableObjectCalls} calls"`;
}

/** With an invalid configuration requests are logged, and clients get no timing. */
function reportConfig(c: AppContext): { readonly requestLog: boolean; readonly serverTiming: boolean } {
  try {
    return getConfig(c.env);
  } catch {
    return { requestLog: true, serverTiming: false };
  }
}
