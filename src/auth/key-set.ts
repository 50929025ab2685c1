import {
  createLocalJWKSet,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
  type JWSHeaderParameters,
} from "jose";

/** The members that only a private or a symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 9964 §3). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/** Tells a key that anybody may know from a private or symmetric one. */
export function isPublicKey(key: object): boolean {
  if ("kty" in key && key.kty === "oct") return false;
  return secretMembers.every((member) => !(member in key));
}

/**
 * The public keys of one issuer, found by key id and imported once each.
 *
 * Throws what jose throws when the document is not a JSON Web Key Set. Private and symmetric keys
 * in it are left out.
 */
export class KeySet {
  readonly #keys: readonly JWK[];
  readonly #imported = new Map<string, CryptoKey>();

  constructor(document: JSONWebKeySet) {
    this.#keys = createLocalJWKSet(document).jwks().keys.filter(isPublicKey);
  }

  has(kid: string): boolean {
    return this.#keys.some((key) => key.kid === kid);
  }

  /** Gets the one key for this header's `kid` and `alg`; throws when there is none, or more than one. */
  async get(header: JWSHeaderParameters): Promise<CryptoKey> {
    const name = JSON.stringify([header.alg, header.kid]);
    const imported = this.#imported.get(name);
    if (imported) return imported;
    // jose's set remembers the promise of an import that is under way, and a promise of one request must
    // not be awaited by another: so each request has a set of its own, and only finished keys are shared.
    const key = await createLocalJWKSet({ keys: this.#keys.filter(({ kid }) => kid === header.kid) })(header);
    this.#imported.set(name, key);
    return key;
  }
}
