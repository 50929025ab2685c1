/** `Idempotency-Key`: what tells one request from another, so that a repeated one is answered the same. */
import { DomainError } from "../domain/errors.ts";
import type { OperationId } from "../domain/permissions.ts";
import { countCodePoints } from "../domain/text.ts";
import type { Context } from "../services/caller/context.ts";
import type { AppContext } from "./app-env.ts";

const longestKey = 255;

/**
 * The context of a request that creates, with its key where it has one. Bodies are compared as the
 * values that `readValues` reads of them, or byte by byte where it cannot. Throws `idempotency_key_invalid`.
 */
export async function withIdempotencyKey(
  c: AppContext,
  ctx: Context,
  operation: OperationId,
  readValues: () => Promise<unknown>,
): Promise<Context> {
  const key = parseIdempotencyKey(c);
  if (key === undefined) return ctx;
  const url = new URL(c.req.url);
  url.searchParams.sort();
  const asked = [url.pathname, url.search, c.req.header("X-Organization") ?? "", await bodyOf(c, readValues)];
  const bytes = new TextEncoder().encode(JSON.stringify(asked));
  const requestHash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return { ...ctx, idempotency: { operation, key, requestHash } };
}

/**
 * The key of a request; undefined where it has none. Throws `idempotency_key_invalid`, also for what is no UTF-8: of
 * that the platform makes U+FFFD, whatever it was, so that another key would be taken for a repeated one.
 */
export function parseIdempotencyKey(c: AppContext): string | undefined {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return undefined;
  if (key.trim() === "" || key.includes("\ufffd") || countCodePoints(key) > longestKey) {
    throw new DomainError("idempotency_key_invalid");
  }
  return key;
}

async function bodyOf(c: AppContext, readValues: () => Promise<unknown>): Promise<unknown> {
  try {
    return canonicalize((await readValues()) ?? null);
  } catch {
    return c.get("body").toBase64();
  }
}

/** The same value with the keys of its objects in order; no list looks like an object. */
function canonicalize(value: unknown): unknown {
  if (Array.isArray(value)) return ["list", ...value.map(canonicalize)];
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return ["object", ...fields.map(([key, inner]) => [key, canonicalize(inner)])];
}
