import type { DomainError } from "../domain/errors.ts";
import { rateLimitFields } from "./rate-limit.ts";

/** Returns the headers that an error carries on every API. */
export function errorHeaders({ details }: DomainError): Record<string, string> {
  const { retryAfter, limit } = details;
  return {
    ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
    ...(limit === undefined ? {} : rateLimitFields(limit)),
  };
}
