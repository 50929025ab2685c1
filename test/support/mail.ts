/** A queue that records jobs, a mailbox in place of the e-mail binding, and manual delivery of mail jobs. */
import type { Env } from "../../src/env.ts";
import { delayedQueue } from "./cost-meter.ts";
import type { Caller } from "./fixtures.ts";
import { deliverJobs, runCron } from "./queue-and-cron.ts";
import { workerWith } from "./worker.ts";

export const mailFrom = "Roster <roster@example.com>";
export const minute = 60 * 1000;

/** Records the jobs sent to the queue. */
export class JobRecorder {
  readonly sent: unknown[] = [];
  readonly queue: Queue = {
    ...delayedQueue,
    send: (message, options) => {
      this.sent.push(message);
      return delayedQueue.send(message, options);
    },
    sendBatch: (messages, options) => {
      const all = [...messages];
      this.sent.push(...all.map(({ body }) => body));
      return delayedQueue.sendBatch(all, options);
    },
  };

  /** Returns the jobs since the last call. */
  take(): unknown[] {
    return this.sent.splice(0);
  }

  /** Returns the caller with a worker that uses this queue. */
  via(caller: Caller, change: Partial<Env> = {}): Caller {
    return caller.via(workerWith({ JOBS: this.queue, ...change }));
  }
}

/** A mail as passed to the e-mail binding. */
export interface SentEmail {
  readonly from: unknown;
  readonly to: unknown;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** An e-mail binding that records mails, or fails. */
export class Mailbox {
  readonly sent: SentEmail[] = [];
  /** Whether sending fails. */
  failing = false;
  readonly binding: SendEmail = {
    send: async (mail: unknown) => {
      if (this.failing) throw new Error("out of order");
      this.sent.push(mail as SentEmail);
      return { messageId: "1" };
    },
  };

  /** The recipients of all mails. */
  get recipients(): unknown[] {
    return this.sent.map(({ to }) => to);
  }
}

/** Returns the token in the link of a mail. */
export function invitationTokenIn({ text }: SentEmail): string {
  return /\/invite#([\w-]+)/.exec(text)?.[1] ?? "";
}

/** Delivers one message per body to the worker. */
export async function deliverMailJobs(
  bodies: readonly unknown[],
  change: Partial<Env> = {},
  attempts = 1,
): Promise<{ acknowledged: number; retried: unknown[] }> {
  const { acknowledged, retried } = await deliverJobs(bodies, { MAIL_FROM: mailFrom, ...change }, attempts);
  return { acknowledged: acknowledged.length, retried: retried.map(({ delaySeconds }) => delaySeconds) };
}

/** Runs the cron trigger with MAIL_FROM set. */
export function runMailCron(now: number, change: Partial<Env> = {}): Promise<void> {
  return runCron(now, { MAIL_FROM: mailFrom, ...change });
}
