/** Work after the answer: what the queue carries, and how it is given to it. */
import { errorName } from "../domain/errors.ts";
import type { CleanUpStragglersJob, EraseAccountJob } from "./accounts/cleanup.ts";
import type { MailInvitationJob } from "./invitations/mail.ts";
import type { DeleteLogoJob } from "./logos/cleanup.ts";
import type { SyncUsageLimitJob } from "./usage/sync-limit.ts";

export type Job =
  | EraseAccountJob
  | MailInvitationJob
  | CleanUpStragglersJob
  | SyncUsageLimitJob
  | DeleteLogoJob;

/** Most jobs the queue takes at once. */
export const maxJobsPerBatch = 100;

/** Gives a job to the queue, to be done after a delay in seconds; as `enqueueJobs`. */
export function enqueueJob(queue: Queue, job: Job, delaySeconds = 0): Promise<void> {
  return enqueueJobs(queue, [job], delaySeconds);
}

/**
 * Gives jobs to the queue, 100 at the most. One that refuses is only told of in the log: what must
 * not be lost has its row in the database too, and the cron asks again.
 */
export async function enqueueJobs(queue: Queue, jobs: readonly Job[], delaySeconds = 0): Promise<void> {
  const [first] = jobs;
  if (first === undefined) return;
  try {
    if (jobs.length === 1) await queue.send(first, { delaySeconds });
    else await queue.sendBatch(jobs.map((body) => ({ body, delaySeconds })));
  } catch (error) {
    console.error({
      event: "job_enqueue_failed",
      job: first.kind,
      error: errorName(error),
    });
  }
}
