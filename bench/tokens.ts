import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";

import { issuer } from "./data/rows.ts";
import { callers, type CallerName } from "./data/shapes.ts";

export const audience = "roster";

/** A key and what it signs. */
export interface Signer {
  readonly key: JWK;
  readonly sign: (claims: Readonly<Record<string, unknown>>) => Promise<string>;
}

/** Makes a key of an algorithm; its tokens are good for longer than a benchmark lasts. */
export async function makeSigner(alg: "ES256" | "RS256"): Promise<Signer> {
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

/** A token of each of those who ask. */
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

/** What the service is told of the issuer. */
export function issuersOf({ key }: Signer): string {
  return JSON.stringify([{ issuer, audience, jwks: { keys: [key] }, trust_email: true }]);
}
