import { exportJWK, generateKeyPair, type JWK } from "jose";

/** The private keys of the issuers the tests configure, by the issuer's name. */
export type TestKeys = Record<"https://issuer.test" | "https://other.test" | "https://remote.test", JWK>;

/**
 * Makes the keys and the configuration that goes with them: one issuer whose addresses are trusted, one
 * whose are not, and one whose site, at this port of the loopback address, tells its keys when asked.
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
