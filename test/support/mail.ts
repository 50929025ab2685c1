/** What the tests of mails share: a queue that writes down, a mailbox instead of the post, and deliveries by hand. */
import type { Env } from "../../src/env.ts";
import { delayedQueue } from "./cost-meter.ts";
import type { Caller } from "./fixtures.ts";
import { deliverJobs as give, runCron as schedule } from "./queue-and-cron.ts";
import { workerWith } from "./worker.ts";

export const mailFrom = "Roster <roster@example.com>";
export const minute = 60 * 1000;

/** What the queue is asked for. */
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

  /** The jobs since the last call. */
  take(): unknown[] {
    return this.sent.splice(0);
  }

  /** A caller whose requests ask this queue. */
  via(caller: Caller, change: Partial<Env> = {}): Caller {
    return caller.via(workerWith({ JOBS: this.queue, ...change }));
  }
}

/** A mail as the binding is given it. */
export interface SentEmail {
  readonly from: unknown;
  readonly to: unknown;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Stands where the e-mail binding stands: writes down what it is given, or fails. */
export class Mailbox {
  readonly sent: SentEmail[] = [];
  /** Set to fail before a mail leaves. */
  failing = false;
  readonly binding: SendEmail = {
    send: async (mail: unknown) => {
      if (this.failing) throw new Error("out of order");
      this.sent.push(mail as SentEmail);
      return { messageId: "1" };
    },
  };

  /** Whom mails went to. */
  get recipients(): unknown[] {
    return this.sent.map(({ to }) => to);
  }
}

/** The secret in the link of a mail. */
export function invitationTokenIn({ text }: SentEmail): string {
  return /\/invite#([\w-]+)/.exec(text)?.[1] ?? "";
}

/** Gives the worker messages, one a body, as the queue would. */
export async function deliverMailJobs(
  bodies: readonly unknown[],
  change: Partial<Env> = {},
  attempts = 1,
): Promise<{ acknowledged: number; retried: unknown[] }> {
  const { acknowledged, retried } = await give(bodies, { MAIL_FROM: mailFrom, ...change }, attempts);
  return { acknowledged: acknowledged.length, retried: retried.map(({ delaySeconds }) => delaySeconds) };
}

/** Runs the schedule as of a time. */
export function runMailCron(now: number, change: Partial<Env> = {}): Promise<void> {
  return schedule(now, { MAIL_FROM: mailFrom, JOBS: delayedQueue, ...change });
}
