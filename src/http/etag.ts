/**
 * Entity tags of accounts (RFC 9110, 8.8.3): the account's version, then a digest of what is shown
 * of it. A change is held against the version alone: that a member joined loses nobody's change.
 */
import type { AppContext } from "./app-env.ts";

const digestLength = 16;

/** Answers what is shown of an account, with its tag; 304 to who has it already. */
export async function respondWithEtag(
  c: AppContext,
  { version }: { readonly version: number },
  shown: object,
): Promise<Response> {
  const text = JSON.stringify(shown);
  const tag = await computeEtag(version, text);
  c.header("ETag", tag);
  // A tag is weakened where an answer is compressed on its way, and a weak one matches no change.
  c.header("Cache-Control", "no-store, no-transform");
  const safe = c.req.method === "GET" || c.req.method === "HEAD";
  if (safe && matchesIfNoneMatch(c, tag)) return c.body(null, 304);
  return c.body(text, 200, { "Content-Type": "application/json" });
}

/** The tag of a version of something as it is shown, in JSON. */
export async function computeEtag(version: number, shown: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(shown));
  return `"${version}-${new Uint8Array(digest).toHex().slice(0, digestLength)}"`;
}

/** Whether `If-None-Match` says that the caller has what this tag stands for; it compares weakly. */
export function matchesIfNoneMatch(c: AppContext, tag: string): boolean {
  const header = c.req.header("If-None-Match");
  if (header === undefined) return false;
  const known = header.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return known.includes(tag) || known.includes("*");
}

/** The tags `If-Match` names; undefined where it names none in particular. Weak ones never match. */
export function parseIfMatch(c: AppContext): readonly string[] | undefined {
  const header = c.req.header("If-Match");
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").map((tag) => tag.trim());
}

/** The versions of an account that `If-Match` names; undefined where it names none in particular. */
export function ifMatchVersions(c: AppContext): readonly number[] | undefined {
  return parseIfMatch(c)?.flatMap((tag) => {
    const [, version] = /^"(\d{1,15})-[0-9a-f]{16}"$/.exec(tag) ?? [];
    return version === undefined ? [] : [Number(version)];
  });
}
