import type { ImageType } from "../domain/logo.ts";

/** What tells one stored logo of an account from all others: its content, and which upload brought it. */
export interface StoredLogo {
  /** SHA-256 of the content. */
  readonly hash: string;
  /** Made anew for every upload, so that no key is ever written for a second purpose. */
  readonly upload: string;
}

/** Where an account's logos lie in R2. */
export function logoPrefix(accountUuid: string): string {
  return `accounts/${accountUuid}/`;
}

/** Where one of them lies. */
export function logoKey(accountUuid: string, { hash, upload }: StoredLogo): string {
  return `${logoPrefix(accountUuid)}${hash}/${upload}`;
}

/** Stores a logo; what does not arrive whole is not stored. */
export async function putLogo(
  bucket: R2Bucket,
  key: string,
  { bytes, hash, type }: { readonly bytes: Uint8Array; readonly hash: string; readonly type: ImageType },
): Promise<void> {
  await bucket.put(key, bytes, { httpMetadata: { contentType: type }, sha256: hash });
}

/** Deletes every logo of an account, page by page. */
export async function deleteLogos(bucket: R2Bucket, accountUuid: string): Promise<void> {
  for (;;) {
    const { objects, truncated } = await bucket.list({ prefix: logoPrefix(accountUuid) });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
}
