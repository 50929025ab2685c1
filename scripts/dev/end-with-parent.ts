import { Socket } from "node:net";
import { isMainThread } from "node:worker_threads";

/**
 * Loaded into wrangler before its own code, this ends wrangler and all that it started (one process group)
 * the moment the process that started it is gone, even killed: the pipe between them then closes.
 *
 * They are killed, not asked, so that mails not yet copied stay in the store until the next start.
 */
if (isMainThread) {
  const parent = new Socket({ fd: 3 });
  parent.on("error", () => {});
  parent.on("close", () => process.kill(-process.pid, "SIGKILL"));
  parent.resume();
  parent.unref();
}
