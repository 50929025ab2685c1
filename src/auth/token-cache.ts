import type { Identity } from "../domain/identity.ts";
import { leeway } from "./identity.ts";

/** Milliseconds; short, so that a key its issuer has withdrawn soon stops working. */
const rememberedFor = 10 * 60_000;

/** The name under which a token is remembered: a hash, so that memory holds nothing that opens a door. */
export async function tokenDigest(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return new Uint8Array(digest).toHex();
}

/**
 * Tokens found good, for as long as they are, 10 minutes at most.
 * When it is full, the one used longest ago leaves. Times are milliseconds since the epoch.
 */
export class VerifiedTokenCache {
  readonly #capacity: number;
  /** In order of last use. */
  readonly #entries = new Map<string, { readonly identity: Identity; readonly until: number }>();

  constructor(capacity = 5_000) {
    this.#capacity = capacity;
  }

  find(digest: string, now: number): Identity | undefined {
    const entry = this.#entries.get(digest);
    if (!entry) return undefined;
    this.#entries.delete(digest);
    if (now >= entry.until) return undefined;
    this.#entries.set(digest, entry);
    return entry.identity;
  }

  set(digest: string, identity: Identity, now: number): void {
    const until = Math.min((identity.expiresAt + leeway) * 1000, now + rememberedFor);
    this.#entries.delete(digest);
    this.#entries.set(digest, { identity, until });
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
