/** The queue by hand: what was given to it, and its delivery. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import worker from "../src/index.ts";

/** Takes a job down, as the queue that is given it. */
export async function queued(sent: unknown[], job: unknown): Promise<QueueSendResponse> {
  sent.push(job);
  return env.JOBS.sendBatch([]);
}

/** Delivers jobs, each of which must be done at once. */
export async function deliver(jobs: readonly unknown[]): Promise<void> {
  const done: number[] = [];
  await worker.queue(
    {
      queue: "roster-jobs",
      messages: jobs.map((body, at) => ({
        body,
        id: String(at),
        timestamp: new Date(),
        attempts: 1,
        ack: () => void done.push(at),
        retry: () => undefined,
      })),
      metadata: { metrics: await env.JOBS.metrics() },
      ackAll: () => undefined,
      retryAll: () => undefined,
    },
    env,
  );
  expect(done).toEqual(jobs.map((_job, at) => at));
}
