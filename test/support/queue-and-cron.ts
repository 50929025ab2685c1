/** The worker's other doors: the queue's and the cron's. */
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";

import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { delayedQueue } from "./cost-meter.ts";

/** Gives the worker messages, one a body, as the queue would. */
export async function deliverJobs(bodies: readonly unknown[], change: Partial<Env> = {}, attempts = 1) {
  const messages = bodies.map((body, at) => ({ id: String(at), timestamp: new Date(), attempts, body }));
  const batch = createMessageBatch("roster-jobs", messages);
  const retries = batch.messages.map((message) => vi.spyOn(message, "retry"));
  const ctx = createExecutionContext();
  await worker.queue(batch, { ...env, ...change });
  const { explicitAcks, retryMessages } = await getQueueResult(batch, ctx);
  const retried = retryMessages.map(({ msgId }) => ({
    id: msgId,
    delaySeconds: retries[Number(msgId)]?.mock.lastCall?.[0]?.delaySeconds,
  }));
  return { acknowledged: explicitAcks, retried };
}

/** What a batch of one job comes to that is done, and one that is to be tried again. */
export const jobDone = { acknowledged: ["0"], retried: [] };
export const jobRetried = { acknowledged: [], retried: [{ id: "0", delaySeconds: 10 }] };

/** Runs the schedule as of a time. */
export async function runCron(now: number, change: Partial<Env> = {}): Promise<void> {
  const ctx = createExecutionContext();
  const controller = createScheduledController({ scheduledTime: now, cron: "*/5 * * * *" });
  await worker.scheduled(controller, { ...env, ...change });
  await waitOnExecutionContext(ctx);
}

/** The cron, called as the platform calls it. */

/** Runs the schedule as of a time. */
export async function runCronNow(change: Partial<Env> = {}, now = Date.now()): Promise<void> {
  const controller = createScheduledController({ scheduledTime: now, cron: "*/5 * * * *" });
  await worker.scheduled(controller, { ...env, JOBS: delayedQueue, ...change });
}
