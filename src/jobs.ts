import type { Env } from "./env.ts";
import { configurationOf } from "./http/configuration.ts";
import { kindsOf } from "./http/refusal.ts";
import { endTrials } from "./services/accounts/trials.ts";
import { eraseAccount, eraseLeftovers, resendOverdueErasures } from "./services/erasures.ts";
import type { Job } from "./services/jobs.ts";
import { removeLogo, sweepLogos } from "./services/logos/removal.ts";
import { forgetInvites } from "./services/invites/forget.ts";
import { askForMails, forgetMails, mailInvite } from "./services/invites/mail.ts";
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
        job: kindOf(message.body),
        attempts: message.attempts,
        ...kindsOf(error),
      });
      message.retry({ delaySeconds: Math.min(longestWait, 5 * 2 ** message.attempts) });
    }
  }
}

/** What the cron does: sends again what the queue never got, ends trials, sweeps logos and forgets what has had its time. */
export async function runSchedule(now: number, env: Env): Promise<void> {
  const db = openDatabase(env.DB);
  const tasks = {
    resendOverdueErasures: resendOverdueErasures(env, now),
    askForInviteMails: askForInviteMails(env, now),
    endTrials: endTrials(db, now),
    forgetKeys: forgetKeys(db, now),
    forgetInvites: forgetInvites(db, now),
    forgetMails: forgetMails(db, now),
    sweepLogos: sweepLogos(env, now),
  };
  const failed: string[] = [];
  await Promise.all(
    Object.entries(tasks).map(async ([task, work]) => {
      try {
        await work;
      } catch (error) {
        console.error({ event: "task_failed", task, ...kindsOf(error) });
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
  const { mailFrom } = configurationOf(env).settings;
  if (mailFrom !== undefined) await askForMails(openDatabase(env.DB), env.JOBS, now);
}

/** What a message asks for, if it is a job at all. */
function kindOf(body: unknown): string {
  const kind: unknown = typeof body === "object" && body !== null && "kind" in body ? body.kind : undefined;
  return typeof kind === "string" ? kind : "unknown";
}

async function runJob(job: Job, env: Env): Promise<void> {
  switch (job.kind) {
    case "erase-account":
      return eraseAccount(env, job.accountUuid);
    case "erase-leftovers":
      return eraseLeftovers(env, job.accountUuid);
    case "tell-limit":
      return tellStoredLimit(env, job.accountUuid);
    case "delete-logo":
      return removeLogo(env, job);
    case "mail-invite": {
      const { settings } = configurationOf(env);
      return mailInvite({ db: openDatabase(env.DB), mail: env.MAIL, settings, now: Date.now() }, job);
    }
    default:
      // A job of a newer version of this worker: one that knows it will do it.
      throw new Error("unknown kind of job");
  }
}
