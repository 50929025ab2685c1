import type { ImageType } from "../domain/logo.ts";

/** Identifies a stored logo of an account by its content and its upload. */
export interface StoredLogo {
  /** SHA-256 of the content. */
  readonly hash: string;
  /** Unique for each upload, so that no key of the bucket is ever written twice. */
  readonly upload: string;
}

/** Returns the prefix of an account's logos in R2. */
export function logoPrefix(accountUuid: string): string {
  return `accounts/${accountUuid}/`;
}

/** Returns the key of a logo in R2. */
export function logoKey(accountUuid: string, { hash, upload }: StoredLogo): string {
  return `${logoPrefix(accountUuid)}${hash}/${upload}`;
}

/** Stores a logo. R2 checks the hash, so that an incomplete upload is rejected. */
export async function putLogo(
  bucket: R2Bucket,
  key: string,
  { bytes, hash, type }: { readonly bytes: Uint8Array; readonly hash: string; readonly type: ImageType },
): Promise<void> {
  await bucket.put(key, bytes, { httpMetadata: { contentType: type }, sha256: hash });
}

/** Deletes all logos of an account, in pages of up to 1,000. */
export async function deleteLogos(bucket: R2Bucket, accountUuid: string): Promise<void> {
  for (;;) {
    const { objects, truncated } = await bucket.list({ prefix: logoPrefix(accountUuid) });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
}
