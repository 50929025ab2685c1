/** Jobs of the queue. They contain ids only; the current data is read when a job runs. */
export type Job =
  /** Deletes a deleted account's usage and logos. */
  | { readonly kind: "erase-account"; readonly accountUuid: string }
  /** Deletes them again later: a request that read the account before its deletion may have written since. */
  | { readonly kind: "clean-up-stragglers"; readonly accountUuid: string }
  /** Pushes an account's stored limit to its usage object. */
  | { readonly kind: "sync-usage-limit"; readonly accountUuid: string }
  /** Deletes a logo that was replaced or removed. */
  | {
      readonly kind: "delete-logo";
      readonly accountUuid: string;
      /** SHA-256 of the content. */
      readonly hash: string;
      /** Id of the upload. */
      readonly upload: string;
    }
  /** Mails one version of an invitation. */
  | { readonly kind: "mail-invitation"; readonly uuid: string; readonly version: number };

export type JobOf<Kind extends Job["kind"]> = Extract<Job, { readonly kind: Kind }>;

/** A job and its delay in seconds. */
export interface ScheduledJob {
  readonly job: Job;
  readonly delaySeconds?: number;
}
