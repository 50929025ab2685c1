import { decodeJwt, decodeProtectedHeader, jwtVerify, type ProtectedHeaderParameters } from "jose";

import type { Identity } from "../domain/identity.ts";
import { clockTolerance, readIdentity } from "./identity.ts";
import type { Issuer } from "./issuers.ts";
import { KeySet } from "./key-set.ts";
import { RemoteKeySet, type RemoteKeySetOptions } from "./remote-key-set.ts";
import { tokenDigest, VerifiedTokenCache } from "./token-cache.ts";
import { tokenInvalid, toTokenError } from "./token-error.ts";

const maxTokenLength = 8 * 1024;
const maxKidLength = 255;
/** RFC 7519 §5.1 and RFC 9068 §2.1; any other type, such as `logout+jwt`, is a token for another purpose. */
const acceptedTypes = ["jwt", "at+jwt"];

/**
 * Verifies tokens of the configured issuers. Verified tokens are cached for up to 10 minutes, so one
 * instance serves the whole isolate.
 */
export class TokenVerifier {
  readonly #keySources: ReadonlyMap<string, KeySource>;
  readonly #cache = new VerifiedTokenCache();
  readonly #now: () => number;

  constructor(issuers: readonly Issuer[], options: RemoteKeySetOptions = {}) {
    this.#keySources = new Map(issuers.map((issuer) => [issuer.issuer, createKeySource(issuer, options)]));
    this.#now = options.now ?? (() => Date.now());
  }

  /**
   * Returns the identity of a token. Throws `token_invalid`, with a `TokenErrorReason` for the log, and
   * `issuer_unavailable` if the issuer's keys cannot be fetched.
   */
  async verify(token: string): Promise<Identity> {
    // Stricter than jose, whose decoder ignores white space and padding.
    if (token.length > maxTokenLength || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
      throw tokenInvalid("malformed");
    }
    const digest = await tokenDigest(token);
    const cached = this.#cache.find(digest, this.#now());
    if (cached) return cached;
    const identity = await this.#verifyUncached(token).catch((error: unknown) => {
      throw toTokenError(error);
    });
    this.#cache.set(digest, identity, this.#now());
    return identity;
  }

  async #verifyUncached(token: string): Promise<Identity> {
    const header = decodeProtectedHeader(token);
    const kid = readKid(header);
    assertAcceptedType(header);
    // The unverified `iss` only selects the keys; jose checks it again below.
    const source = this.#keySources.get(decodeJwt(token).iss ?? "");
    if (!source) throw tokenInvalid("issuer_unknown");
    const { issuer } = source;
    if (!issuer.algorithms.includes(header.alg ?? "")) throw tokenInvalid("algorithm_not_accepted");
    const keys = await source.keysFor(kid);
    const now = this.#now();
    const { payload } = await jwtVerify(token, (protectedHeader) => keys.get(protectedHeader), {
      algorithms: [...issuer.algorithms],
      audience: [...issuer.audiences],
      issuer: issuer.issuer,
      requiredClaims: ["exp", "sub"],
      clockTolerance,
      currentDate: new Date(now),
    });
    return readIdentity(issuer, payload, Math.floor(now / 1000));
  }
}

/** One verifier, with its keys and cached tokens, for each list of issuers; the list is parsed once per isolate. */
const verifiers = new WeakMap<readonly Issuer[], TokenVerifier>();

/** Returns the verifier for a list of issuers; the same list gets the same verifier. */
export function tokenVerifier(issuers: readonly Issuer[]): TokenVerifier {
  const existing = verifiers.get(issuers);
  if (existing !== undefined) return existing;
  const verifier = new TokenVerifier(issuers);
  verifiers.set(issuers, verifier);
  return verifier;
}

interface KeySource {
  readonly issuer: Issuer;
  readonly keysFor: (kid: string) => Promise<KeySet>;
}

function createKeySource(issuer: Issuer, options: RemoteKeySetOptions): KeySource {
  if (issuer.keys.kind === "inline") {
    const keys = new KeySet(issuer.keys.jwks);
    return { issuer, keysFor: async () => keys };
  }
  const remote = new RemoteKeySet(issuer.keys.url, options);
  return { issuer, keysFor: (kid) => remote.keysFor(kid) };
}

/** Rejects a token without a key id: trying all keys would let one token cost many verifications. */
function readKid({ kid }: ProtectedHeaderParameters): string {
  if (typeof kid === "string" && kid !== "" && kid.length <= maxKidLength) return kid;
  throw tokenInvalid("key_id_missing");
}

function assertAcceptedType({ typ }: ProtectedHeaderParameters): void {
  if (typ === undefined) return;
  const type: unknown = typ;
  if (typeof type === "string" && acceptedTypes.includes(type.toLowerCase().replace(/^application\//, "")))
    return;
  throw tokenInvalid("type_not_accepted");
}
