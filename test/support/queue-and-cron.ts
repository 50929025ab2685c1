/** Calls the worker as the queue and the cron trigger do. */
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

/** Delivers one message per body to the worker. */
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

/** Results of a batch with one job: completed, and to be retried. */
export const jobDone = { acknowledged: ["0"], retried: [] };
export const jobRetried = { acknowledged: [], retried: [{ id: "0", delaySeconds: 10 }] };

/** Runs the cron trigger as scheduled at `now`. Jobs go to a queue that does not deliver, unless `change` has another. */
export async function runCron(now = Date.now(), change: Partial<Env> = {}): Promise<void> {
  const ctx = createExecutionContext();
  const controller = createScheduledController({ scheduledTime: now, cron: "*/5 * * * *" });
  await worker.scheduled(controller, { ...env, JOBS: delayedQueue, ...change });
  await waitOnExecutionContext(ctx);
}
