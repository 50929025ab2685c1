/** The cron, called as the platform calls it. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";

import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { patientQueue } from "../counting.ts";

/** Runs the schedule as of a time. */
export async function cron(change: Partial<Env> = {}, now = Date.now()): Promise<void> {
  const controller = createScheduledController({ scheduledTime: now, cron: "*/5 * * * *" });
  await worker.scheduled(controller, { ...env, JOBS: patientQueue, ...change });
}
