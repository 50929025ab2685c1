import { ConfigError, getConfig } from "./config.ts";
import { DomainError, errorName } from "./domain/errors.ts";
import type { AppContext } from "./http/app-env.ts";
import { rateLimitFields } from "./http/rate-limit-headers.ts";
import type { SqlTrace } from "./storage/request-stats.ts";

/**
 * Writes down what went wrong inside: the kind of error and the request's id. Never the message of
 * a database error, which holds statements and bound values.
 */
export function logUnexpected(c: AppContext, error: unknown): void {
  const told = error instanceof ConfigError ? { message: error.message } : stackOf(error);
  const operation = c.get("operation") ?? "none";
  console.error({
    event: "unexpected_error",
    requestId: c.get("requestId"),
    operation,
    ...describeError(error),
    ...told,
  });
}

/** Writes down which part of the platform did not answer, and as what: each is a 503 that the caller may repeat. */
export function logUnavailable(c: AppContext, { code, reason }: DomainError): void {
  const operation = c.get("operation") ?? "none";
  console.error({
    event: "dependency_unavailable",
    requestId: c.get("requestId"),
    operation,
    error: code,
    reason,
  });
}

/**
 * Returns a function that logs each statement of a batch, with the rows it read and wrote; undefined
 * unless DEBUG_SQL is on. Bound values can be personal data, so they are logged on localhost only.
 */
export function sqlTrace(c: AppContext): SqlTrace | undefined {
  const { enabled, withValues } = sqlDebugging(c);
  if (!enabled) return undefined;
  let batch = 0;
  return (statements, costs) => {
    batch += 1;
    for (const [place, { sql, params }] of statements.entries()) {
      console.log({
        event: "sql",
        requestId: c.get("requestId"),
        operation: c.get("operation") ?? "none",
        batch,
        sql,
        ...(withValues ? { params } : {}),
        ...(costs === undefined
          ? { failed: true }
          : { rowsRead: costs[place]?.rows_read, rowsWritten: costs[place]?.rows_written }),
      });
    }
  };
}

const localHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** An invalid configuration is reported elsewhere; until it is repaired no statement is logged. */
function sqlDebugging({ env }: AppContext): { readonly enabled: boolean; readonly withValues: boolean } {
  try {
    const { debugSql, settings } = getConfig(env);
    return { enabled: debugSql, withValues: localHosts.has(new URL(settings.publicUrl).hostname) };
  } catch {
    return { enabled: false, withValues: false };
  }
}

/** What an error is and was caused by, as far as a line of the log may tell: no values, and no message. */
export function describeError(error: unknown): { error: string; reason?: string; causes?: string[] } {
  if (error instanceof DomainError) {
    const { code, reason } = error;
    return { error: code, ...(reason === undefined ? {} : { reason }) };
  }
  return { error: errorName(error), ...causesOf(error) };
}

/** The headers a refusal carries whatever its face. */
export function errorHeaders(error: DomainError): Record<string, string> {
  const { retryAfter, limit } = error.details;
  return {
    ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
    ...(limit === undefined ? {} : rateLimitFields(limit)),
  };
}

/** The kinds of what an error was caused by, and what SQLite calls it: names of a closed list, no values. */
function causesOf(error: unknown): { causes?: string[] } {
  const causes: string[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    const called = /\bSQLITE_[A-Z_]+\b/.exec(cause.message)?.[0];
    causes.push(called === undefined ? cause.name : `${cause.name} ${called}`);
  }
  return causes.length > 1 || causes.some((name) => name.includes(" ")) ? { causes } : {};
}

/** Where it happened, without the message that heads a stack. */
function stackOf(error: unknown): { stack?: string[] } {
  if (!(error instanceof Error) || error.stack === undefined) return {};
  const behind = error.stack.indexOf(error.message) + error.message.length;
  const places = error.stack.slice(behind).split("\n");
  return {
    stack: places
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim()),
  };
}
