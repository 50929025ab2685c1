import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from "jose";
import { expect } from "vitest";

import type { Issuer } from "../../src/auth/issuers.ts";
import { DomainError, type ErrorCode, type ErrorDetails } from "../../src/domain/errors.ts";

/** The current time in these tests. */
export const noon = Date.parse("2026-11-21T12:00:00Z");
export const noonSeconds = noon / 1000;

export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** The public key. */
  readonly jwk: JWK;
  /** The private key. */
  readonly privateJwk: JWK;
}

export async function createSigningKey(kid = "key-1", alg = "ES256"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, use: "sig" };
  return { alg, kid, privateKey, publicKey, jwk, privateJwk: { ...(await exportJWK(privateKey)), kid } };
}

/** Creates an issuer with these keys and the audience `roster`. */
export function createIssuer(keys: readonly SigningKey[], change: Partial<Issuer> = {}): Issuer {
  return {
    issuer: "https://id.example",
    audiences: ["roster"],
    keys: { kind: "inline", jwks: { keys: keys.map(({ jwk }) => jwk) } },
    algorithms: ["RS256", "ES256", "EdDSA"],
    trustEmail: true,
    ...change,
  };
}

/** Returns valid claims for `createIssuer()`. A change to undefined omits a claim. */
export function goodClaims(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: "https://id.example",
    aud: "roster",
    sub: "ada",
    iat: noonSeconds - 10,
    exp: noonSeconds + 3600,
    ...change,
  };
}

/** Signs claims, or a payload given as text or bytes. */
export async function signToken(
  key: SigningKey,
  payload: Readonly<Record<string, unknown>> | string | Uint8Array = goodClaims(),
  header: Readonly<Record<string, unknown>> = {},
  secret: CryptoKey | Uint8Array = key.privateKey,
): Promise<string> {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  const bytes = payload instanceof Uint8Array ? payload : new TextEncoder().encode(text);
  const protectedHeader = { alg: key.alg, kid: key.kid, typ: "JWT", ...header };
  return new CompactSign(bytes).setProtectedHeader(protectedHeader).sign(secret, {
    crit: { "x-critical": true },
  });
}

/** Expects a rejection with exactly this message. */
export async function expectRejection(
  attempt: Promise<unknown>,
  code: ErrorCode = "token_invalid",
  details: ErrorDetails = {},
): Promise<void> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DomainError);
  expect(error).toMatchObject({ code, message: code });
  expect(error).toHaveProperty("details", details);
  expect(error).not.toHaveProperty("cause");
}
