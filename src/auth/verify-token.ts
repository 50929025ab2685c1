import { decodeJwt, decodeProtectedHeader, jwtVerify, type ProtectedHeaderParameters } from "jose";

import { DomainError } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import { leeway, readIdentity } from "./identity.ts";
import type { Issuer } from "./issuers.ts";
import { KeySet } from "./key-set.ts";
import { RemoteKeySet, type RemoteKeySetOptions } from "./remote-key-set.ts";
import { tokenDigest, VerifiedTokenCache } from "./token-cache.ts";

const tokenLength = 8 * 1024;
const kidLength = 255;
/** RFC 7519 §5.1 and RFC 9068 §2.1; anything else, such as `logout+jwt`, is a token for another use. */
const types = ["jwt", "at+jwt"];

/**
 * Tells who a token speaks of, believing the configured issuers only.
 *
 * Tokens found good are remembered for up to 10 minutes, so one of these serves the whole isolate.
 */
export class TokenVerifier {
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #memory = new VerifiedTokenCache();
  readonly #now: () => number;

  constructor(issuers: readonly Issuer[], options: RemoteKeySetOptions = {}) {
    this.#sources = new Map(issuers.map((issuer) => [issuer.issuer, openSource(issuer, options)]));
    this.#now = options.now ?? (() => Date.now());
  }

  /**
   * Verifies a token. Throws `token_invalid` for every fault of the token, and `issuer_unavailable`
   * when its issuer's keys cannot be had.
   */
  async verify(token: string): Promise<Identity> {
    // Strict on purpose: jose's decoder passes over white space and padding.
    if (token.length > tokenLength || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
      throw new DomainError("token_invalid");
    }
    const digest = await tokenDigest(token);
    const remembered = this.#memory.find(digest, this.#now());
    if (remembered) return remembered;
    const identity = await this.#verifyAnew(token).catch((error: unknown) => {
      if (error instanceof DomainError) throw error;
      throw new DomainError("token_invalid");
    });
    this.#memory.set(digest, identity, this.#now());
    return identity;
  }

  async #verifyAnew(token: string): Promise<Identity> {
    const header = decodeProtectedHeader(token);
    const kid = readKid(header);
    requireKnownType(header);
    // Not verified yet: it only chooses whose keys have to fit, and jose checks it again below.
    const source = this.#sources.get(decodeJwt(token).iss ?? "");
    if (!source || !source.issuer.algorithms.includes(header.alg ?? "")) {
      throw new DomainError("token_invalid");
    }
    const keys = await source.keysFor(kid);
    const now = this.#now();
    const { payload } = await jwtVerify(token, (protectedHeader) => keys.get(protectedHeader), {
      algorithms: [...source.issuer.algorithms],
      audience: [...source.issuer.audiences],
      issuer: source.issuer.issuer,
      requiredClaims: ["exp", "sub"],
      clockTolerance: leeway,
      currentDate: new Date(now),
    });
    return readIdentity(source.issuer, payload, Math.floor(now / 1000));
  }
}

/** Issuers are parsed once per isolate, so their verifier, with its keys and verified tokens, lives as long. */
const verifiers = new WeakMap<readonly Issuer[], TokenVerifier>();

/** Returns the verifier of these issuers, creating it on the first call. */
export function tokenVerifier(issuers: readonly Issuer[]): TokenVerifier {
  let verifier = verifiers.get(issuers);
  if (verifier === undefined) {
    verifier = new TokenVerifier(issuers);
    verifiers.set(issuers, verifier);
  }
  return verifier;
}

interface Source {
  readonly issuer: Issuer;
  readonly keysFor: (kid: string) => Promise<KeySet>;
}

function openSource(issuer: Issuer, options: RemoteKeySetOptions): Source {
  if (issuer.keys.kind === "inline") {
    const keys = new KeySet(issuer.keys.jwks);
    return { issuer, keysFor: async () => keys };
  }
  const remote = new RemoteKeySet(issuer.keys.url, options);
  return { issuer, keysFor: (kid) => remote.keysFor(kid) };
}

/** A token without a key id is refused: trying all keys would let one token cost many verifications. */
function readKid({ kid }: ProtectedHeaderParameters): string {
  if (typeof kid === "string" && kid !== "" && kid.length <= kidLength) return kid;
  throw new DomainError("token_invalid");
}

function requireKnownType({ typ }: ProtectedHeaderParameters): void {
  if (typ === undefined) return;
  const type: unknown = typ;
  if (typeof type === "string" && types.includes(type.toLowerCase().replace(/^application\//, ""))) return;
  throw new DomainError("token_invalid");
}
