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
        job: jobKind(message.body),
        attempts: message.attempts,
        ...describeError(error),
      });
      message.retry({ delaySeconds: Math.min(longestWait, 5 * 2 ** message.attempts) });
    }
  }
}

/** What the cron does: sends again what the queue never got, ends trials, sweeps logos and forgets what has had its time. */
export async function runSchedule(now: number, env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  const tasks = {
    resendOverdueErasures: requeueOverdueErasures(env, now),
    askForInviteMails: askForInviteMails(env, now),
    endTrials: expireTrials(db, now),
    forgetKeys: deleteExpiredKeys(db, now),
    forgetInvites: deleteExpiredInvitations(db, now),
    forgetMails: deletePastMailCounts(db, now),
    sweepLogos: deleteOrphanedLogos(env, now),
  };
  const failed: string[] = [];
  await Promise.all(
    Object.entries(tasks).map(async ([task, work]) => {
      try {
        await work;
      } catch (error) {
        console.error({ event: "task_failed", task, ...describeError(error) });
        failed.push(task);
      }
    }),
  );
  // One task that fails keeps no other from its work; the cron fails with it and comes again. What
  // made it fail is not thrown: the platform would write down its message, with statements and values.
  if (failed.length > 0) throw new Error(`failed: ${failed.sort().join(", ")}`);
}

/** Mails nobody can be the sender of are not asked for; they wait until somebody is. */
async function askForInviteMails(env: Env, now: number): Promise<void> {
  const { mailFrom } = getConfig(env);
  if (mailFrom !== undefined) await requeueUnsentMails(openDatabase(env.DB), env.JOBS, now);
}

/** What a message asks for, if it is a job at all. */
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
      return mailInvitation({ db: openDatabase(env.DB), mail: env.MAIL, settings, now: Date.now() }, job);
    }
    default:
      // A job of a newer version of this worker: one that knows it will do it.
      throw new Error("unknown kind of job");
  }
}
