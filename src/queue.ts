import { getConfig } from "./config.ts";
import type { Job } from "./domain/job.ts";
import type { Env } from "./env.ts";
import { describeError } from "./logging.ts";
import {
  cleanUpStragglers,
  eraseAccount,
  requeueOverdueErasures,
} from "./services/background/account-cleanup.ts";
import {
  deleteExpiredInvitations,
  deleteExpiredKeys,
  deletePastMailCounts,
} from "./services/background/delete-expired.ts";
import { expireTrials } from "./services/background/expire-trials.ts";
import { mailInvitation, requeueUnsentMails } from "./services/background/invitation-mail.ts";
import { deleteOrphanedLogos, deletePreviousLogo } from "./services/background/logo-cleanup.ts";
import { pushStoredLimit } from "./services/background/sync-usage-limit.ts";
import { openDatabase } from "./storage/database.ts";

/** Maximum delay before a job is retried, in seconds. */
const maxRetryDelay = 15 * 60;

/** Runs each job of a batch. A failed job is retried with growing delays and then moved to the dead-letter queue. */
export async function runJobs(batch: MessageBatch, env: Env): Promise<void> {
  for (const message of batch.messages) {
    try {
      await runJob(message.body as Job, env);
      message.ack();
    } catch (error) {
      console.error({
        event: "job_failed",
        job: jobKind(message.body),
        attempts: message.attempts,
        ...describeError(error),
      });
      message.retry({ delaySeconds: Math.min(maxRetryDelay, 5 * 2 ** message.attempts) });
    }
  }
}

/** Runs the scheduled tasks: requeues jobs that the queue never received, ends trials, and deletes expired data. */
export async function runSchedule(now: number, env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  const tasks = {
    requeueOverdueErasures: requeueOverdueErasures(env, now),
    requeueUnsentMails: requeueMails(env, now),
    expireTrials: expireTrials(db, now),
    deleteExpiredKeys: deleteExpiredKeys(db, now),
    deleteExpiredInvitations: deleteExpiredInvitations(db, now),
    deletePastMailCounts: deletePastMailCounts(db, now),
    deleteOrphanedLogos: deleteOrphanedLogos(env, now),
  };
  const failed: string[] = [];
  await Promise.all(
    Object.entries(tasks).map(async ([task, run]) => {
      try {
        await run;
      } catch (error) {
        console.error({ event: "task_failed", task, ...describeError(error) });
        failed.push(task);
      }
    }),
  );
  // A failed task does not stop the others, but the run is reported as failed. The original error is not
  // thrown, because the platform would log its message, which can contain statements and values.
  if (failed.length > 0) throw new Error(`Scheduled tasks failed: ${failed.sort().join(", ")}.`);
}

/** Requeues unsent mails. Invitation mails stay queued until MAIL_FROM is set. */
async function requeueMails(env: Env, now: number): Promise<void> {
  const { mailFrom } = getConfig(env);
  if (mailFrom !== undefined) await requeueUnsentMails(openDatabase(env.DB), env.JOBS, now);
}

/** Returns the kind of a message's job; "unknown" if it is not a job. */
function jobKind(body: unknown): string {
  const kind: unknown = typeof body === "object" && body !== null && "kind" in body ? body.kind : undefined;
  return typeof kind === "string" ? kind : "unknown";
}

async function runJob(job: Job, env: Env): Promise<void> {
  switch (job.kind) {
    case "erase-account":
      return eraseAccount(env, job.accountUuid);
    case "clean-up-stragglers":
      return cleanUpStragglers(env, job.accountUuid);
    case "sync-usage-limit":
      return pushStoredLimit(env, job.accountUuid);
    case "delete-logo":
      return deletePreviousLogo(env, job);
    case "mail-invitation": {
      const settings = getConfig(env);
      return mailInvitation(
        { db: openDatabase(env.DB), mail: env.MAIL, assets: env.ASSETS, settings, now: Date.now() },
        job,
      );
    }
    default:
      // Sent by a newer version of the worker, which will run it on a retry.
      throw new Error("Unknown kind of job. Deploy the version that sent it.");
  }
}
