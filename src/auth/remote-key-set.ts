import type { JSONWebKeySet } from "jose";
import { DomainError, errorName } from "../domain/errors.ts";
import { KeySet } from "./key-set.ts";

/** What a key set needs of the world: tests put their own here. */
export interface RemoteKeySetOptions {
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const freshFor = 10 * 60_000;
const goodFor = 24 * 60 * 60_000;
const coolDown = 30_000;
const coolDownWithoutKeys = 5_000;
const fetchTimeout = 5_000;
/** A fetch older than this died with its request: its own timeout would have ended it. */
const fetchAbandonedAfter = 6_000;
const pollInterval = 25;
const sizeLimit = 256 * 1024;

/**
 * An issuer's published keys, held for the life of the isolate.
 *
 * Keys are fresh for 10 minutes and good for 24 hours while the issuer is down. A key id that is not
 * among them causes one new fetch, at most one in 30 seconds (5 while there are no good keys).
 *
 * The state is plain values only. In Workers a promise belongs to the request that made it and may be
 * cancelled with it, so a request that finds a fetch under way looks again until it is over.
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
   * Gets the keys to look for `kid` in, which may turn out not to be among them.
   * Throws `issuer_unavailable` when there are no good keys and none can be had.
   */
  async keysFor(kid: string): Promise<KeySet> {
    const held = this.#goodKeys();
    if (held?.has(kid) && (this.#areFresh() || this.#isFetching())) return held;
    // From the end of this loop to the mark that a fetch has begun nothing is awaited, so one request begins it.
    for (let waited = 0; waited < fetchAbandonedAfter && this.#isFetching(); waited += pollInterval) {
      await scheduler.wait(pollInterval);
    }
    if (this.#mayFetchFor(kid)) await this.#refresh();
    const keys = this.#goodKeys();
    if (!keys) throw new DomainError("issuer_unavailable", { retryAfter: 30 });
    return keys;
  }

  #goodKeys(): KeySet | undefined {
    return this.#now() < this.#fetchedAt + goodFor ? this.#keys : undefined;
  }

  #areFresh(): boolean {
    return this.#now() < this.#fetchedAt + freshFor;
  }

  #isFetching(): boolean {
    return this.#fetchingSince !== undefined && this.#now() < this.#fetchingSince + fetchAbandonedAfter;
  }

  #mayFetchFor(kid: string): boolean {
    const keys = this.#goodKeys();
    if (this.#isFetching() || (keys?.has(kid) && this.#areFresh())) return false;
    return this.#now() >= this.#attemptedAt + (keys ? coolDown : coolDownWithoutKeys);
  }

  /** Replaces the keys when the issuer answers with good ones, and else leaves them as they are. */
  async #refresh(): Promise<void> {
    const startedAt = this.#now();
    this.#attemptedAt = startedAt;
    this.#fetchingSince = startedAt;
    const keys = await this.#download().catch((error: unknown) => {
      // The rest of the address may hold a secret.
      console.warn({ event: "issuer_keys_not_fetched", origin: this.#url.origin, reason: reasonOf(error) });
      return undefined;
    });
    if (this.#fetchingSince !== startedAt) return; // taken over by another request
    this.#fetchingSince = undefined;
    // Counted from its end, so that an attempt that ran into its timeout is followed by a pause too.
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
      throw new NoKeys(`the issuer answered ${response.status}`);
    }
    const document: JSONWebKeySet = JSON.parse(await readText(response)); // KeySet refuses any other shape
    return new KeySet(document);
  }
}

/** What an issuer answers that is no key set. */
class NoKeys extends Error {}

/**
 * Why a fetch failed, without what may quote the address or the document: the runtime's messages do, so of
 * those only their kind is told.
 */
function reasonOf(error: unknown): string {
  return error instanceof NoKeys ? error.message : errorName(error);
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const body: ReadableStream<Uint8Array> | null = response.body;
  let text = "";
  let size = 0;
  // Leaving the loop by throwing cancels the rest of the body.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > sizeLimit) throw new NoKeys("the issuer's key set is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
