/** Work after the answer: what the queue carries, and how it is given to it. */
import type { ErasureJob } from "./erasures.ts";
import type { RemovalJob } from "./logos/removal.ts";
import type { LimitJob } from "./usage/limit.ts";

export type Job = ErasureJob | LimitJob | RemovalJob;

/**
 * Gives a job to the queue, to be done after a delay. One that refuses is only told of in the log: what must not be lost has
 * its row in the database too, and the cron asks again.
 */
export async function enqueueJob(queue: Queue, job: Job, delaySeconds = 0): Promise<void> {
  try {
    await queue.send(job, { delaySeconds });
  } catch (error) {
    console.error({
      event: "job_not_queued",
      job: job.kind,
      error: error instanceof Error ? error.name : "unknown",
    });
  }
}
