import type { Env } from "./env.ts";
import { endTrials } from "./services/accounts/trials.ts";
import { eraseAccount, resendOverdueErasures } from "./services/erasures.ts";
import type { Job } from "./services/jobs.ts";
import { removeLogo, sweepLogos } from "./services/logos/removal.ts";
import { forgetKeys } from "./services/repeats.ts";
import { tellStoredLimit } from "./services/usage/limit.ts";
import { openDatabase } from "./storage/database.ts";

/** Longest wait before a job is tried again, in seconds. */
const longestWait = 15 * 60;

/** Does the jobs of a batch, each on its own: one that fails is tried again later, and ends in the dead-letter queue. */
export async function runJobs(batch: MessageBatch, env: Env): Promise<void> {
  for (const message of batch.messages) {
    try {
      await runJob(message.body as Job, env);
      message.ack();
    } catch (error) {
      console.error({
        event: "job_failed",
        attempts: message.attempts,
        error: error instanceof Error ? error.name : "unknown",
      });
      message.retry({ delaySeconds: Math.min(longestWait, 5 * 2 ** message.attempts) });
    }
  }
}

/** What the cron does: sends again what the queue never got, ends trials, forgets keys that are due and sweeps logos. */
export async function runSchedule(now: number, env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  const tasks = [
    resendOverdueErasures(env, now),
    endTrials(db, now),
    forgetKeys(db, now),
    sweepLogos(env, now),
  ];
  const failed = (await Promise.allSettled(tasks)).filter((task) => task.status === "rejected");
  // One task that fails keeps no other from its work; the cron tells of it and comes again.
  if (failed.length > 0) throw new AggregateError(failed.map(({ reason }): unknown => reason));
}

async function runJob(job: Job, env: Env): Promise<void> {
  switch (job.kind) {
    case "erase-account":
      return eraseAccount(env, job.accountUuid);
    case "tell-limit":
      return tellStoredLimit(env, job.accountUuid);
    case "delete-logo":
      return removeLogo(env, job);
    default:
      // A job of a newer version of this worker: one that knows it will do it.
      throw new Error("unknown kind of job");
  }
}
