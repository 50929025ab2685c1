/** Log lines of errors. They hold no values and no messages of foreign errors, which may quote bound values. */
import { ConfigError, getConfig } from "./config.ts";
import { DomainError, errorName } from "./domain/errors.ts";
import { isLocalhost } from "./domain/url.ts";
import type { Env } from "./env.ts";
import type { SqlTrace } from "./storage/request-stats.ts";

/** The request that a log line belongs to. */
export interface LogContext {
  readonly requestId: string;
  /** The operation's id in the OpenAPI document; undefined before the route is known. */
  readonly operation: string | undefined;
}

/** Logs an error that nothing expected, with its stack. The message is logged only for a `ConfigError`. */
export function logUnexpected({ requestId, operation = "none" }: LogContext, error: unknown): void {
  const details = error instanceof ConfigError ? { message: error.message } : stackOf(error);
  console.error({ event: "unexpected_error", requestId, operation, ...describeError(error), ...details });
}

/** Logs that a dependency did not respond; the caller gets a 503 and may retry. */
export function logUnavailable(
  { requestId, operation = "none" }: LogContext,
  { code, reason }: DomainError,
): void {
  console.error({ event: "dependency_unavailable", requestId, operation, error: code, reason });
}

/** Returns the fields that describe an error in a log line: code or name, reason, and causes. */
export function describeError(error: unknown): { error: string; reason?: string; causes?: string[] } {
  if (error instanceof DomainError) {
    const { code, reason } = error;
    return { error: code, ...(reason === undefined ? {} : { reason }) };
  }
  return { error: errorName(error), ...causesOf(error) };
}

/** Returns the names of an error and its causes, with SQLite's result code if there is one. */
function causesOf(error: unknown): { causes?: string[] } {
  const causes: string[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    const code = /\bSQLITE_[A-Z_]+\b/.exec(cause.message)?.[0];
    causes.push(code === undefined ? cause.name : `${cause.name} ${code}`);
  }
  return causes.length > 1 || causes.some((name) => name.includes(" ")) ? { causes } : {};
}

/** Returns the first frames of the stack, without the message above them. */
function stackOf(error: unknown): { stack?: string[] } {
  if (!(error instanceof Error) || error.stack === undefined) return {};
  const afterMessage = error.stack.indexOf(error.message) + error.message.length;
  const frames = error.stack.slice(afterMessage).split("\n");
  return {
    stack: frames
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim()),
  };
}

/**
 * Returns a function that logs each statement of a batch, with the rows it read and wrote; undefined
 * unless DEBUG_SQL is on. Bound values can be personal data, so they are logged on localhost only.
 * `context` is read for each batch, since the operation is not known when the request arrives.
 */
export function sqlTrace(env: Env, context: () => LogContext): SqlTrace | undefined {
  const { enabled, withValues } = sqlDebugging(env);
  if (!enabled) return undefined;
  let batch = 0;
  return (statements, costs) => {
    batch += 1;
    const { requestId, operation = "none" } = context();
    for (const [place, { sql, params }] of statements.entries()) {
      console.log({
        event: "sql",
        requestId,
        operation,
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

/** Returns what DEBUG_SQL asks for; nothing is logged while the configuration is invalid. */
function sqlDebugging(env: Env): { readonly enabled: boolean; readonly withValues: boolean } {
  try {
    const { debugSql, publicUrl } = getConfig(env);
    return { enabled: debugSql, withValues: isLocalhost(new URL(publicUrl)) };
  } catch {
    return { enabled: false, withValues: false };
  }
}
