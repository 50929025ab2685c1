import { DomainError } from "../domain/errors.ts";
import { ConfigurationError } from "./configuration.ts";
import type { AppContext } from "./app-env.ts";

/**
 * Writes down what went wrong inside: the kind of error and the request's id. Never the message of
 * a database error, which holds statements and bound values.
 */
export function logFault(c: AppContext, error: unknown): void {
  const told = error instanceof ConfigurationError ? { message: error.message } : stackOf(error);
  console.error({ event: "fault", requestId: c.var.requestId, error: nameOf(error), ...told });
}

/** The headers a refusal carries whatever its face. */
export function refusalHeaders(error: DomainError): Record<string, string> {
  const { retryAfter } = error.details;
  return retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
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
