/**
 * Entity tags of accounts (RFC 9110, 8.8.3): the account's version and a digest of the representation.
 * `If-Match` compares only the version, so a new member does not make an owner's change fail.
 */
import type { AppContext } from "./app-env.ts";

/** Length of the digest in hexadecimal digits. */
const digestLength = 16;

/** Responds with a representation of an account and its tag, or 304 if `If-None-Match` has the tag. */
export async function respondWithEtag(
  c: AppContext,
  { version }: { readonly version: number },
  representation: object,
): Promise<Response> {
  const text = JSON.stringify(representation);
  const tag = await computeEtag(version, text);
  c.header("ETag", tag);
  // Compression on the way would weaken the tag, and a weak tag never matches `If-Match`.
  c.header("Cache-Control", "no-store, no-transform");
  const safe = c.req.method === "GET" || c.req.method === "HEAD";
  if (safe && matchesIfNoneMatch(c, tag)) return c.body(null, 304);
  return c.body(text, 200, { "Content-Type": "application/json" });
}

/** Returns the tag of a version in its representation as JSON text. */
export async function computeEtag(version: number, representation: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(representation));
  return `"${version}-${new Uint8Array(digest).toHex().slice(0, digestLength)}"`;
}

/** Returns whether `If-None-Match` lists the tag. Compares weakly, as RFC 9110 requires. */
export function matchesIfNoneMatch(c: AppContext, tag: string): boolean {
  const header = c.req.header("If-None-Match");
  if (header === undefined) return false;
  const known = header.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return known.includes(tag) || known.includes("*");
}

/** Returns the tags in `If-Match`; undefined if there are none or it is `*`. Weak tags never match. */
export function parseIfMatch(c: AppContext): readonly string[] | undefined {
  const header = c.req.header("If-Match");
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").map((tag) => tag.trim());
}

/** Returns the account versions in `If-Match`; undefined if any version is accepted. */
export function ifMatchVersions(c: AppContext): readonly number[] | undefined {
  return parseIfMatch(c)?.flatMap((tag) => {
    const [, version] = /^"(\d{1,15})-[0-9a-f]{16}"$/.exec(tag) ?? [];
    return version === undefined ? [] : [Number(version)];
  });
}
