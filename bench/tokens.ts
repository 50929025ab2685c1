import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";

import { issuer } from "./data/rows.ts";
import { callers, type CallerName } from "./data/fixtures.ts";

export const audience = "roster";

/** A key, and a function that signs claims with it. */
export interface Signer {
  readonly key: JWK;
  readonly sign: (claims: Readonly<Record<string, unknown>>) => Promise<string>;
}

/** Creates a key. Its tokens are valid for longer than a benchmark takes. */
export async function createSigner(alg: "ES256" | "RS256"): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const key = { ...(await exportJWK(publicKey)), kid: "bench", alg };
  const sign = (claims: Readonly<Record<string, unknown>>) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, kid: "bench", typ: "JWT" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime("6h")
      .sign(privateKey);
  return { key, sign };
}

/** Returns a token for each caller. */
export async function signTokens({ sign }: Signer): Promise<Record<CallerName, string>> {
  const names = Object.keys(callers) as CallerName[];
  const tokens = await Promise.all(
    names.map(async (name) => {
      const { email } = callers[name];
      return [name, await sign({ sub: name, email, email_verified: true })] as const;
    }),
  );
  return Object.fromEntries(tokens) as Record<CallerName, string>;
}

/** Returns the variable ISSUERS with the signer's public key. */
export function issuersVariable({ key }: Signer): string {
  return JSON.stringify([{ issuer, audience, jwks: { keys: [key] }, trust_email: true }]);
}
