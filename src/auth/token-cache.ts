import type { Identity } from "../domain/identity.ts";
import { clockTolerance } from "./identity.ts";

/** Milliseconds; short, so that tokens of a withdrawn key soon stop working. */
const maxAge = 10 * 60_000;

/** Returns the cache key of a token: a hash, so that the cache contains no usable token. */
export async function tokenDigest(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(digest).toHex();
}

/**
 * Identities of verified tokens, until they expire, for at most 10 minutes. A full cache drops the least
 * recently used token. Times are epoch milliseconds.
 */
export class VerifiedTokenCache {
  readonly #capacity: number;
  /** In order of last use. */
  readonly #entries = new Map<string, { readonly identity: Identity; readonly expiresAt: number }>();

  constructor(capacity = 5_000) {
    this.#capacity = capacity;
  }

  find(digest: string, now: number): Identity | undefined {
    const entry = this.#entries.get(digest);
    if (!entry) return undefined;
    this.#entries.delete(digest);
    if (now >= entry.expiresAt) return undefined;
    this.#entries.set(digest, entry);
    return entry.identity;
  }

  set(digest: string, identity: Identity, now: number): void {
    const expiresAt = Math.min((identity.expiresAt + clockTolerance) * 1000, now + maxAge);
    this.#entries.delete(digest);
    this.#entries.set(digest, { identity, expiresAt });
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
