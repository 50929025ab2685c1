/** Reads `Idempotency-Key`, and identifies the request that it belongs to. */
import { DomainError } from "../domain/errors.ts";
import type { OperationId } from "../domain/permissions.ts";
import { countCodePoints } from "../domain/text.ts";
import type { Context } from "../services/caller/context.ts";
import type { AppContext } from "./app-env.ts";

/** Maximum length of a key, in code points. */
const maxKeyLength = 255;

/**
 * Returns the context with the key and the hash of the request, or unchanged if there is no key.
 * Bodies are compared as the values that `readValues` returns, or as bytes if it throws. Throws
 * `idempotency_key_invalid`.
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
  const organization = c.req.header("X-Organization") ?? "";
  const request = [url.pathname, url.search, organization, await canonicalBody(c, readValues)];
  const bytes = new TextEncoder().encode(JSON.stringify(request));
  const requestHash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return { ...ctx, idempotency: { operation, key, requestHash } };
}

/**
 * Returns the key of the request; undefined if there is none. Throws `idempotency_key_invalid`, also if
 * the key is not UTF-8: the platform replaces invalid bytes with U+FFFD, which would make two keys equal.
 */
export function parseIdempotencyKey(c: AppContext): string | undefined {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return undefined;
  if (key.trim() === "" || key.includes("\ufffd") || countCodePoints(key) > maxKeyLength) {
    throw new DomainError("idempotency_key_invalid");
  }
  return key;
}

async function canonicalBody(c: AppContext, readValues: () => Promise<unknown>): Promise<unknown> {
  try {
    return canonicalize((await readValues()) ?? null);
  } catch {
    return c.get("body").toBase64();
  }
}

/** Returns the value with sorted keys. Lists and objects are marked, so that they never look the same. */
function canonicalize(value: unknown): unknown {
  if (Array.isArray(value)) return ["list", ...value.map(canonicalize)];
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return ["object", ...fields.map(([key, inner]) => [key, canonicalize(inner)])];
}
