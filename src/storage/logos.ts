/** Where an account's logos lie in R2. */
export function logoPrefix(accountUuid: string): string {
  return `accounts/${accountUuid}/`;
}

/** Deletes every logo of an account, page by page. */
export async function deleteLogos(bucket: R2Bucket, accountUuid: string): Promise<void> {
  for (;;) {
    const { objects, truncated } = await bucket.list({ prefix: logoPrefix(accountUuid) });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
}
