/** What the tests of mails share: a queue that writes down, a mailbox instead of the post, and deliveries by hand. */
import type { Env } from "../../src/env.ts";
import { patientQueue } from "../counting.ts";
import { doorWith } from "../http/door.ts";
import { cron as schedule, deliver as give } from "../deliver.ts";
import type { Caller } from "../world.ts";

export const mailFrom = "Roster <roster@example.com>";
export const minute = 60 * 1000;

/** What the queue is asked for. */
export class Jobs {
  readonly asked: unknown[] = [];
  readonly queue: Queue = {
    ...patientQueue,
    send: (message, options) => {
      this.asked.push(message);
      return patientQueue.send(message, options);
    },
    sendBatch: (messages, options) => {
      const all = [...messages];
      this.asked.push(...all.map(({ body }) => body));
      return patientQueue.sendBatch(all, options);
    },
  };

  /** The jobs since the last call. */
  take(): unknown[] {
    return this.asked.splice(0);
  }

  /** A caller whose requests ask this queue. */
  of(caller: Caller, change: Partial<Env> = {}): Caller {
    return caller.through(doorWith({ JOBS: this.queue, ...change }));
  }
}

/** A mail as the binding is given it. */
export interface Sent {
  readonly from: unknown;
  readonly to: unknown;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Stands where the e-mail binding stands: writes down what it is given, or fails. */
export class Post {
  readonly sent: Sent[] = [];
  /** Set to fail before a mail leaves. */
  closed = false;
  readonly binding: SendEmail = {
    send: async (mail: unknown) => {
      if (this.closed) throw new Error("out of order");
      this.sent.push(mail as Sent);
      return { messageId: "1" };
    },
  };

  /** Whom mails went to. */
  get receivers(): unknown[] {
    return this.sent.map(({ to }) => to);
  }
}

/** The secret in the link of a mail. */
export function secretIn({ text }: Sent): string {
  return /\/invite#([\w-]+)/.exec(text)?.[1] ?? "";
}

/** Gives the worker messages, one a body, as the queue would. */
export async function deliver(
  bodies: readonly unknown[],
  change: Partial<Env> = {},
  attempts = 1,
): Promise<{ acknowledged: number; retried: unknown[] }> {
  const { acknowledged, retried } = await give(bodies, { MAIL_FROM: mailFrom, ...change }, attempts);
  return { acknowledged: acknowledged.length, retried: retried.map(({ delaySeconds }) => delaySeconds) };
}

/** Runs the schedule as of a time. */
export function cron(now: number, change: Partial<Env> = {}): Promise<void> {
  return schedule(now, { MAIL_FROM: mailFrom, JOBS: patientQueue, ...change });
}
