import { exportJWK, generateKeyPair, type JWK } from "jose";

/** Private keys of the issuers in the tests' configuration, by issuer. */
export type TestKeys = Record<"https://issuer.test" | "https://other.test" | "https://remote.test", JWK>;

/**
 * Creates the keys and the matching configuration: an issuer whose addresses are trusted, one whose addresses
 * are not, and one that publishes its keys at this port of the loopback address.
 */
export async function createTestKeys(port: number): Promise<{ keys: TestKeys; issuers: object[] }> {
  const keys: TestKeys = {
    "https://issuer.test": await createKey("main-1"),
    "https://other.test": await createKey("other-1"),
    "https://remote.test": await createKey("remote-1"),
  };
  const issuers = Object.entries(keys).map(([issuer, { d: _, ...published }]) => ({
    issuer,
    audience: "roster",
    ...(issuer === "https://remote.test"
      ? { jwks_uri: `http://127.0.0.1:${port}/keys` }
      : { jwks: { keys: [published] } }),
    trust_email: issuer === "https://issuer.test",
  }));
  return { keys, issuers };
}

async function createKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: "ES256" };
}
