import { app } from "./app.ts";
import type { Env } from "./env.ts";
import { runJobs, runSchedule } from "./queue.ts";

export { UsageMeter } from "./durable/usage-meter.ts";

export default {
  fetch: app.fetch,
  queue: runJobs,
  scheduled: (controller, env) => runSchedule(controller.scheduledTime, env),
} satisfies ExportedHandler<Env>;
