/**
 * The secret of an invitation: base64url of its uuid (16 bytes), its version (4 bytes, big-endian)
 * and the HMAC-SHA-256 of both (32 bytes). Made anew from the row whenever a mail needs it, so
 * nothing secret is stored; a resend moves the version, which ends every older one.
 */
import type { JobOf } from "../../domain/job.ts";
import { parseUuid } from "../../domain/uuid.ts";

/** What a secret stands for; whether that is still so, only the database knows. */
export interface InvitationReference {
  readonly uuid: string;
  /** 1 to 2^32 - 1. */
  readonly version: number;
}

const signedLength = 20;
const tokenLength = 52;
const base64url = { alphabet: "base64url", omitPadding: true } as const;

/** The secret of this version of an invitation, 70 characters. */
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

/** What a secret of this key stands for; undefined for anything else. Compares in constant time. */
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
    // One spelling only: the reader passes over spaces and the bits behind the last byte.
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
