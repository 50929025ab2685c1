/** Where an account's logo is downloaded, with a token as everything else; null where it has none. */
export function logoUrl(
  publicUrl: string,
  {
    uuid,
    slug,
    logoHash,
  }: { readonly uuid: string; readonly slug: string; readonly logoHash: string | null },
): string | null {
  return logoHash === null ? null : `${publicUrl}/api/v1/account/${slug}/logo.png?account_id=${uuid}`;
}
