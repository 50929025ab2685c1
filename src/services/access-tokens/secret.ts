/**
 * A personal access token as its owner holds it: `acct_` and base64url of its id (a uuid's 16 bytes)
 * and its secret (24 random bytes, 192 bits). Only the SHA-256 of the secret is stored.
 */
import { parseUuid } from "../../domain/uuid.ts";

/** What the database is asked about a token. */
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

/** Whether credentials claim to be a token of ours. */
export function isAccessToken(credentials: string): boolean {
  return credentials.startsWith(prefix);
}

/** A new token, with what is stored of it. */
export async function generateAccessToken(): Promise<AccessTokenCredentials & { readonly token: string }> {
  const id = crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(idLength + secretLength));
  bytes.set(Uint8Array.fromHex(id.replaceAll("-", "")));
  const secretHash = await hashOf(bytes.subarray(idLength));
  return { id, secretHash, token: prefix + bytes.toBase64(base64url) };
}

/** Reads a token; undefined for anything that was never one. */
export async function parseAccessToken(token: string): Promise<AccessTokenCredentials | undefined> {
  const bytes = decode(token);
  const id = bytes === undefined ? undefined : parseUuid(bytes.subarray(0, idLength).toHex());
  if (bytes === undefined || id === undefined) return undefined;
  return { id, secretHash: await hashOf(bytes.subarray(idLength)) };
}

/** Compares two hashes in a time that tells nothing of where they differ. */
export function hashesEqual(left: string, right: string): boolean {
  const [one, other] = [new TextEncoder().encode(left), new TextEncoder().encode(right)];
  return one.length === other.length && crypto.subtle.timingSafeEqual(one, other);
}

function decode(token: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const text = token.slice(prefix.length);
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    // One spelling only: the reader passes over spaces and the bits behind the last byte.
    return bytes.length === idLength + secretLength && bytes.toBase64(base64url) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

async function hashOf(secret: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", secret)).toHex();
}
