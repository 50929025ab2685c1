import type { JSONWebKeySet } from "jose";
import { DomainError, errorName } from "../domain/errors.ts";
import { KeySet } from "./key-set.ts";

/** The dependencies of a key set, which tests replace. */
export interface RemoteKeySetOptions {
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Keys are fetched again after this time, in milliseconds like all of these. */
const maxAge = 10 * 60_000;
/** While the issuer is unavailable, keys are used up to this age. */
const maxStale = 24 * 60 * 60_000;
const cooldown = 30_000;
const cooldownWithoutKeys = 5_000;
const fetchTimeout = 5_000;
/** A fetch that runs longer was cancelled with its request, as its own timeout would have ended it. */
const fetchAbandonedAfter = 6_000;
const pollInterval = 25;
const maxBytes = 256 * 1024;

/**
 * The keys that an issuer publishes at a URL, cached for the life of the isolate: for 10 minutes, and
 * for 24 hours while the issuer is unavailable. An unknown key id causes a fetch, at most one in 30
 * seconds (5 while there are no usable keys).
 *
 * The state contains no promises: in Workers a promise belongs to the request that created it and may
 * be cancelled with it. A request that finds a fetch in progress polls until it ends.
 */
export class RemoteKeySet {
  readonly #url: URL;
  readonly #fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly #now: () => number;
  #keys: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #fetchingSince: number | undefined;

  constructor(url: URL, options: RemoteKeySetOptions = {}) {
    this.#url = url;
    this.#fetch = options.fetch ?? ((address, init) => fetch(address, init));
    this.#now = options.now ?? Date.now;
  }

  /**
   * Returns the issuer's keys, fetched again if `kid` is not one of the cached ones; it may still be
   * missing. Throws `issuer_unavailable` if there are no usable keys.
   */
  async keysFor(kid: string): Promise<KeySet> {
    const cached = this.#usableKeys();
    if (cached?.has(kid) && (this.#isFresh() || this.#isFetching())) return cached;
    // Nothing is awaited between the end of this loop and the start of a fetch, so only one request starts it.
    for (let waited = 0; waited < fetchAbandonedAfter && this.#isFetching(); waited += pollInterval) {
      await scheduler.wait(pollInterval);
    }
    if (this.#mayFetchFor(kid)) await this.#refresh();
    const keys = this.#usableKeys();
    if (!keys) throw new DomainError("issuer_unavailable", { retryAfter: 30 });
    return keys;
  }

  #usableKeys(): KeySet | undefined {
    return this.#now() < this.#fetchedAt + maxStale ? this.#keys : undefined;
  }

  #isFresh(): boolean {
    return this.#now() < this.#fetchedAt + maxAge;
  }

  #isFetching(): boolean {
    return this.#fetchingSince !== undefined && this.#now() < this.#fetchingSince + fetchAbandonedAfter;
  }

  #mayFetchFor(kid: string): boolean {
    const keys = this.#usableKeys();
    if (this.#isFetching() || (keys?.has(kid) && this.#isFresh())) return false;
    return this.#now() >= this.#attemptedAt + (keys ? cooldown : cooldownWithoutKeys);
  }

  /** Fetches the keys; keeps the old ones if that fails. */
  async #refresh(): Promise<void> {
    const startedAt = this.#now();
    this.#attemptedAt = startedAt;
    this.#fetchingSince = startedAt;
    const keys = await this.#download().catch((error: unknown) => {
      // Only the origin: the rest of the URL may contain a secret.
      console.warn({ event: "issuer_keys_not_fetched", origin: this.#url.origin, reason: reasonOf(error) });
      return undefined;
    });
    if (this.#fetchingSince !== startedAt) return; // another request has started a fetch meanwhile
    this.#fetchingSince = undefined;
    // The cooldown starts at the end, so that it also applies to an attempt that ran into its timeout.
    this.#attemptedAt = this.#now();
    if (!keys) return;
    this.#keys = keys;
    this.#fetchedAt = startedAt;
  }

  async #download(): Promise<KeySet> {
    const response = await this.#fetch(this.#url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(fetchTimeout),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new InvalidKeySetResponse(`the issuer responded with status ${response.status}`);
    }
    const document: JSONWebKeySet = JSON.parse(await readText(response)); // KeySet throws for any other shape
    return new KeySet(document);
  }
}

/** The issuer's response is not a key set. Its message is safe to log. */
class InvalidKeySetResponse extends Error {}

/** Returns why a fetch failed. For errors of the runtime only their name, as their messages can quote the URL or the document. */
function reasonOf(error: unknown): string {
  return error instanceof InvalidKeySetResponse ? error.message : errorName(error);
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const body: ReadableStream<Uint8Array> | null = response.body;
  let text = "";
  let size = 0;
  // Throwing inside the loop cancels the rest of the body.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new InvalidKeySetResponse("the issuer's key set is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
