import {
  createLocalJWKSet,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
  type JWSHeaderParameters,
} from "jose";

/** The members of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 9964 §3). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/** Whether a key is public, neither private nor symmetric. */
export function isPublicKey(key: object): boolean {
  if ("kty" in key && key.kty === "oct") return false;
  return secretMembers.every((member) => !(member in key));
}

/**
 * The public keys of one issuer, looked up by key id and imported once each. Private and symmetric keys
 * of the document are ignored. The constructor throws jose's errors if it is not a JSON Web Key Set.
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

  /** Returns the key for a header's `kid` and `alg`. Throws jose's errors if there is none, or more than one. */
  async get(header: JWSHeaderParameters): Promise<CryptoKey> {
    const cacheKey = JSON.stringify([header.alg, header.kid]);
    const imported = this.#imported.get(cacheKey);
    if (imported) return imported;
    // jose's key set stores the promise of a running import, but in Workers a request must not await the
    // promise of another one. So each request creates its own set; only imported keys are shared.
    const key = await createLocalJWKSet({ keys: this.#keys.filter(({ kid }) => kid === header.kid) })(header);
    this.#imported.set(cacheKey, key);
    return key;
  }
}
