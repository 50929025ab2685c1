import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Returns the folder that stands in for /tmp while wrangler runs, so that its leavings can be found and removed. */
export function temporaryFolder(state: string): string {
  return join(state, "tmp");
}

/** Those that run now. */
const running = new Set<ChildProcess>();

/** Starts wrangler in a process group of its own that ends with this process; it asks nothing and sends nothing. */
export function spawnWrangler(args: readonly string[], state: string): ChildProcess {
  const guard = import.meta.resolve("./end-with-parent.ts");
  const wrangler = fileURLToPath(import.meta.resolve("wrangler"));
  const child = spawn(process.execPath, ["--no-warnings", "--import", guard, wrangler, ...args], {
    detached: true,
    // The fourth is never written to: it closes when this process ends.
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, ...quietly(state) },
  });
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    killGroup(child);
  });
  return child;
}

/** Waits until wrangler has ended and its output is read; returns its exit code, 1 when a signal ended it. */
export async function ended(child: ChildProcess): Promise<number> {
  if (running.has(child)) {
    await once(child, "close");
  }
  return child.exitCode ?? 1;
}

/** Ends every wrangler and everything they started: asked first, killed after `patience` milliseconds. */
export async function endWranglers(patience = 5000): Promise<void> {
  const children = [...running];
  const timer = setTimeout(() => children.forEach(killGroup), patience);
  for (const child of children) {
    child.kill("SIGTERM");
  }
  await Promise.all(children.map(ended));
  clearTimeout(timer);
}

/** Kills whatever is left of a process group: wrangler itself may go and leave workerd behind. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, "SIGKILL");
    }
  } catch {
    // Nothing is left.
  }
}

function quietly(state: string): Record<string, string> {
  return {
    TMPDIR: temporaryFolder(state),
    XDG_CONFIG_HOME: join(state, "config"),
    WRANGLER_CACHE_DIR: join(state, "cache"),
    WRANGLER_REGISTRY_PATH: join(state, "registry"),
    // At "info" and more verbose, wrangler sends a second request to log each one. DEBUG_SQL needs "log".
    WRANGLER_LOG: process.env["WRANGLER_LOG"] ?? (process.env["DEBUG_SQL"] === "on" ? "log" : "warn"),
    WRANGLER_WRITE_LOGS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
    // Without it miniflare asks a server on the internet where this machine is.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    // An environment named by the shell must not turn a local run into another configuration.
    CLOUDFLARE_ENV: "",
    CLOUDFLARE_INCLUDE_PROCESS_ENV: "false",
    // A web page over all local data, and a trace of every request that costs a third of the speed.
    X_LOCAL_EXPLORER: "false",
    X_LOCAL_OBSERVABILITY: "false",
  };
}
