/** Jobs that the queue carries. They hold ids only: whoever runs one reads the current data. */
export type Job =
  /** Removes what a deleted account left outside the database. */
  | { readonly kind: "erase-account"; readonly accountUuid: string }
  /** Removes what requests wrote there that had read the account before it was deleted. */
  | { readonly kind: "clean-up-stragglers"; readonly accountUuid: string }
  /** Pushes an account's stored limit to its usage object. */
  | { readonly kind: "sync-usage-limit"; readonly accountUuid: string }
  /** Deletes a logo that was replaced or removed. */
  | {
      readonly kind: "delete-logo";
      readonly accountUuid: string;
      /** SHA-256 of the content. */
      readonly hash: string;
      /** The upload that brought it. */
      readonly upload: string;
    }
  /** Mails one version of an invitation. */
  | { readonly kind: "mail-invitation"; readonly uuid: string; readonly version: number };

export type JobOf<Kind extends Job["kind"]> = Extract<Job, { readonly kind: Kind }>;

/** A job, and how long it waits in the queue first. */
export interface ScheduledJob {
  readonly job: Job;
  readonly delaySeconds?: number;
}
