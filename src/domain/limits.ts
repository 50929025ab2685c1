/** The names of an account's upload limits, in bytes. */
export const uploadLimits = [
  "upload_limit_max_media_file_size",
  "upload_limit_max_non_media_file_size",
] as const;

/** The names of an account's usage limits: counts per month, except for the two storage limits. */
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

/** The limits that an operator has set on an account, which its members can read; null if not set. */
export interface AccountLimits {
  readonly upload: Limits<(typeof uploadLimits)[number]> | null;
  readonly usage: Limits<(typeof usageLimits)[number]> | null;
}
