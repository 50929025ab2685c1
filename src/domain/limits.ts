/** Names of the upload limits of an account, in bytes. */
export const uploadLimits = [
  "upload_limit_max_media_file_size",
  "upload_limit_max_non_media_file_size",
] as const;

/** Names of the usage limits of an account, counts a month but for the two of storage. */
export const usageLimits = [
  "monthly_limit_paragraphs_processed",
  "monthly_limit_docs_no_media_processed",
  "monthly_limit_media_seconds_processed",
  "monthly_limit_paragraphs_stored",
  "monthly_limit_hosted_searches_performed",
  "monthly_limit_hosted_answers_generated",
  "monthly_limit_self_hosted_searches_performed",
  "monthly_limit_self_hosted_answers_generated",
  "storage_limit_max_bytes_per_kb",
  "storage_limit_max_resources_per_kb",
] as const;

type Limits<Name extends string> = { readonly [Key in Name]: number | null };

/** The limits an operator has set on an account, told to its members; null where none is set. */
export interface AccountLimits {
  readonly upload: Limits<(typeof uploadLimits)[number]> | null;
  readonly usage: Limits<(typeof usageLimits)[number]> | null;
}
