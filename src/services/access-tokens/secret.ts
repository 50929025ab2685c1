/**
 * Personal access tokens: `acct_` and the base64url of id (a uuid's 16 bytes) and secret (24 random bytes, 192 bits).
 * Only the SHA-256 of the secret is stored.
 */
import { parseUuid } from "../../domain/uuid.ts";

/** The parts of a token that are looked up in the database. */
export interface AccessTokenCredentials {
  /** A uuid. */
  readonly id: string;
  /** SHA-256 of the secret, in hexadecimal. */
  readonly secretHash: string;
}

const prefix = "acct_";
const idLength = 16;
const secretLength = 24;
const base64url = { alphabet: "base64url", omitPadding: true } as const;

/** Whether credentials look like a personal access token. */
export function isAccessToken(credentials: string): boolean {
  return credentials.startsWith(prefix);
}

/** Returns a new token and its stored parts. */
export async function generateAccessToken(): Promise<AccessTokenCredentials & { readonly token: string }> {
  const id = crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(idLength + secretLength));
  bytes.set(Uint8Array.fromHex(id.replaceAll("-", "")));
  const secretHash = await hashOf(bytes.subarray(idLength));
  return { id, secretHash, token: prefix + bytes.toBase64(base64url) };
}

/** Parses a token; undefined if it is malformed. */
export async function parseAccessToken(token: string): Promise<AccessTokenCredentials | undefined> {
  const bytes = decode(token);
  const id = bytes === undefined ? undefined : parseUuid(bytes.subarray(0, idLength).toHex());
  if (bytes === undefined || id === undefined) return undefined;
  return { id, secretHash: await hashOf(bytes.subarray(idLength)) };
}

/** Compares two hashes in constant time. */
export function hashesEqual(left: string, right: string): boolean {
  const [one, other] = [new TextEncoder().encode(left), new TextEncoder().encode(right)];
  return one.length === other.length && crypto.subtle.timingSafeEqual(one, other);
}

function decode(token: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const text = token.slice(prefix.length);
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    // Only the canonical spelling: the decoder ignores white space and the bits after the last byte.
    return bytes.length === idLength + secretLength && bytes.toBase64(base64url) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

async function hashOf(secret: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", secret)).toHex();
}
