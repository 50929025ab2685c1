import { Socket } from "node:net";
import { isMainThread } from "node:worker_threads";

/**
 * Loaded into wrangler before its own code. Kills wrangler and all that it started (one process group) as soon as the
 * process that started it is gone, even if that was killed: the pipe between them closes.
 */
if (isMainThread) {
  const parent = new Socket({ fd: 3 });
  parent.on("error", () => {});
  parent.on("close", () => process.kill(-process.pid, "SIGKILL"));
  parent.resume();
  parent.unref();
}
