/**
 * Secrets of invitations: base64url of uuid (16 bytes), version (4 bytes, big-endian) and the HMAC-SHA-256 of both
 * (32 bytes). They are computed from the row when a mail needs one, so nothing secret is stored. Resending raises the
 * version, which invalidates older secrets.
 */
import type { JobOf } from "../../domain/job.ts";
import { parseUuid } from "../../domain/uuid.ts";

/** The invitation and version that a secret belongs to. Whether it is still pending is in the database. */
export interface InvitationReference {
  readonly uuid: string;
  /** 1 to 2^32 - 1. */
  readonly version: number;
}

const signedLength = 20;
const tokenLength = 52;
const base64url = { alphabet: "base64url", omitPadding: true } as const;

/** Returns the secret of this version of an invitation: 70 characters. */
export async function createInvitationToken(
  key: string,
  { uuid, version }: InvitationReference,
): Promise<string> {
  const bytes = new Uint8Array(tokenLength);
  bytes.set(Uint8Array.fromHex(uuid.replaceAll("-", "")));
  new DataView(bytes.buffer).setUint32(16, version);
  const mac = await crypto.subtle.sign("HMAC", await importKey(key), bytes.subarray(0, signedLength));
  bytes.set(new Uint8Array(mac), signedLength);
  return bytes.toBase64(base64url);
}

/** Verifies a secret and returns its reference; undefined if it is invalid. Compares in constant time. */
export async function parseInvitationToken(
  key: string,
  token: string,
): Promise<InvitationReference | undefined> {
  const bytes = decode(token);
  if (bytes === undefined) return undefined;
  const signed = bytes.subarray(0, signedLength);
  const good = await crypto.subtle.verify("HMAC", await importKey(key), bytes.subarray(signedLength), signed);
  const uuid = parseUuid(signed.subarray(0, 16).toHex());
  if (!good || uuid === undefined) return undefined;
  return { uuid, version: new DataView(bytes.buffer, bytes.byteOffset).getUint32(16) };
}

function decode(token: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.fromBase64(token, { alphabet: "base64url" });
    // Only the canonical spelling: the decoder ignores white space and the bits after the last byte.
    return bytes.length === tokenLength && bytes.toBase64(base64url) === token ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function importKey(key: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", new TextEncoder().encode(key), algorithm, false, ["sign", "verify"]);
}

/** Returns the job that mails one version of an invitation. */
export function mailJob({ uuid, version }: InvitationReference): JobOf<"mail-invitation"> {
  return { kind: "mail-invitation", uuid, version };
}
