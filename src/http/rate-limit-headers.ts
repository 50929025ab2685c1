import { serializeList } from "structured-headers";

import type { CountedLimit } from "../domain/errors.ts";

/** The largest integer of a structured field (RFC 9651, 3.3.1). */
const largest = 999_999_999_999_999;

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10, for a limit that is
 * counted exactly; none for one too large to be said.
 */
export function rateLimitFields({
  name,
  quota,
  window,
  remaining,
  reset,
}: CountedLimit): Record<string, string> {
  if (quota > largest) return {};
  return {
    "RateLimit-Policy": serializeList([[name, new Map(Object.entries({ q: quota, w: window }))]]),
    RateLimit: serializeList([[name, new Map(Object.entries({ r: remaining, t: reset }))]]),
  };
}
