import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Returns the folder that wrangler uses instead of /tmp, so that what it leaves behind can be removed. */
export function temporaryFolder(state: string): string {
  return join(state, "tmp");
}

/** The wranglers that are running. */
const running = new Set<ChildProcess>();

/** Starts wrangler in a process group of its own that ends with this process. It prompts for nothing and sends no data. */
export function spawnWrangler(args: readonly string[], state: string): ChildProcess {
  const guard = import.meta.resolve("./end-with-parent.ts");
  const wrangler = fileURLToPath(import.meta.resolve("wrangler"));
  const child = spawn(process.execPath, ["--no-warnings", "--import", guard, wrangler, ...args], {
    detached: true,
    // The fourth is never written to. It closes when this process ends.
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, ...wranglerEnvironment(state) },
  });
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    killGroup(child);
  });
  return child;
}

/** Waits until wrangler has ended and its output is read. Returns its exit code, or 1 if a signal ended it. */
export async function ended(child: ChildProcess): Promise<number> {
  if (running.has(child)) {
    await once(child, "close");
  }
  return child.exitCode ?? 1;
}

/** Ends every wrangler and all processes that they started, and kills them after `patience` milliseconds. */
export async function endWranglers(patience = 5000): Promise<void> {
  const children = [...running];
  const timer = setTimeout(() => children.forEach(killGroup), patience);
  for (const child of children) {
    child.kill("SIGTERM");
  }
  await Promise.all(children.map(ended));
  clearTimeout(timer);
}

/** Kills the rest of a process group: wrangler may end and leave workerd behind. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, "SIGKILL");
    }
  } catch {
    // No process is left.
  }
}

function wranglerEnvironment(state: string): Record<string, string> {
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
    // Otherwise Miniflare asks a server on the internet for the location of this machine.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    // A variable of the shell must not select another environment of wrangler.toml.
    CLOUDFLARE_ENV: "",
    CLOUDFLARE_INCLUDE_PROCESS_ENV: "false",
    // A page with all local data, and a trace of every request that costs a third of the speed.
    X_LOCAL_EXPLORER: "false",
    X_LOCAL_OBSERVABILITY: "false",
  };
}
