import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { readOrCreate, CliError } from "../cli.ts";

/** The issuer of the tokens that `npm run token` signs. */
export const LOCAL_ISSUER = "https://local.roster.example";

/** The audience of those tokens. */
export const LOCAL_AUDIENCE = "roster";

/** The only algorithm of the local key. */
export const LOCAL_ALGORITHM = "ES256";

/** A private key with the key id of its tokens. */
export interface SigningKey extends JWK {
  readonly kid: string;
}

/** Returns the signing key in the state folder. The first call creates it. */
export async function localSigningKey(state: string): Promise<SigningKey> {
  const path = join(state, "issuer.json");
  return readKey(path, await readOrCreate(path, newKey));
}

/** Returns the entry of ISSUERS for the local key. It contains the public key only. */
export function localIssuer({ kty, crv, x, y, kid }: SigningKey) {
  return {
    issuer: LOCAL_ISSUER,
    audience: LOCAL_AUDIENCE,
    algorithms: [LOCAL_ALGORITHM],
    jwks: { keys: [{ kty, crv, x, y, kid, alg: LOCAL_ALGORITHM, use: "sig" }] },
    trust_email: true,
  };
}

async function newKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(LOCAL_ALGORITHM, { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: LOCAL_ALGORITHM, use: "sig" };
  return `${JSON.stringify(key, null, 2)}\n`;
}

function readKey(path: string, text: string): SigningKey {
  let key: unknown;
  try {
    key = JSON.parse(text);
  } catch {
    key = undefined;
  }
  if (!isSigningKey(key)) {
    throw new CliError(
      `${path} contains no ${LOCAL_ALGORITHM} key. Delete it, and the next start creates one.`,
    );
  }
  return key;
}

function isSigningKey(value: unknown): value is SigningKey {
  const key = value as Partial<Record<string, unknown>> | null | undefined;
  return (
    typeof key === "object" &&
    key !== null &&
    key["crv"] === "P-256" &&
    ["kid", "x", "y", "d"].every((member) => typeof key[member] === "string")
  );
}
