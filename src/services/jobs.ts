/** Work after the response: the jobs that the queue carries. */
import { errorName } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";

/** The most jobs that the queue accepts at once. */
export const maxJobsPerBatch = 100;

/** Sends a job to the queue. See `enqueueJobs`. */
export function enqueueJob(queue: Queue, job: Job, delaySeconds = 0): Promise<void> {
  return enqueueJobs(queue, [job], delaySeconds);
}

/**
 * Sends up to 100 jobs to the queue. A failure is only logged: jobs that must not be lost have a row in the
 * database, and the scheduled task sends them again.
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
