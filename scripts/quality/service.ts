import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { variables } from "../../src/config.ts";
import { CliError } from "../cli.ts";
import { findGroups, findMembers } from "./processes.ts";

/** The folder of Wrangler's bundles. Wrangler does not remove them when it is killed. */
const bundleFolder = ".wrangler/tmp";

/** Whether rate limits are on. */
type Limits = "on" | "off";

/** Runs `use` with a service on a free port and a new state folder. Removes both in any case. */
export async function withService(
  { limits }: { limits: Limits },
  use: (service: Service, state: string) => Promise<void>,
): Promise<void> {
  for (const { name } of Object.values(variables)) delete process.env[name];
  const state = await mkdtemp(join(tmpdir(), "roster-"));
  const service = new Service(state, await findFreePort(), limits);
  const cleanUp = async () => {
    await service.kill();
    await rm(state, { recursive: true, force: true });
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(1)));
  }
  try {
    await service.start();
    await use(service, state);
  } finally {
    await cleanUp();
  }
}

/** The service as `npm start` runs it. After a kill it can be started again. */
export class Service {
  readonly address: URL;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | undefined;
  /** Found when the service is ready, because listing processes under load takes long. */
  #groups: ReadonlySet<number> | undefined;
  #bundles: readonly string[] = [];

  constructor(state: string, port: number, limits: Limits) {
    this.address = new URL(`http://127.0.0.1:${port}`);
    this.#environment = { STATE_DIR: state, PORT: String(port), RATE_LIMITS: limits };
  }

  get processCount(): number {
    return this.#groups === undefined ? 0 : findMembers(this.#groups).length;
  }

  /** Waits until the service is ready. Throws CliError with its output if it exits before. */
  async start(): Promise<void> {
    const before = await listBundles();
    const child = spawn(process.execPath, ["scripts/dev/start.ts"], {
      // In a process group of its own, so that Ctrl+C in the terminal does not reach it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      // With this variable it exits when its parent does, even if the parent is killed.
      env: { ...process.env, ...this.#environment, npm_lifecycle_event: "start" },
    });
    this.#child = child;
    let output = "";
    const ready = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          output += text;
          if (output.includes("Roster is ready")) resolve();
        });
      }
    });
    const exited = once(child, "exit").then(() => {
      throw new CliError(`The service exited before it was ready:\n${output}`);
    });
    // A later exit is expected: `kill` causes it.
    exited.catch(() => {});
    await Promise.race([ready, exited]);
    this.#bundles = (await listBundles()).filter((name) => !before.includes(name));
    if (child.pid !== undefined) this.#groups = findGroups(child.pid);
  }

  /**
   * Kills all processes of the service with SIGKILL and waits until they are gone. Calls `onKill` right before:
   * requests that fail afterwards may have failed because of the kill.
   */
  async kill(onKill: () => void = () => {}): Promise<void> {
    const id = this.#child?.pid;
    if (id === undefined) return;
    const groups = this.#groups ?? findGroups(id);
    this.#child = undefined;
    this.#groups = undefined;
    onKill();
    for (const group of groups) killGroup(group);
    for (const end = Date.now() + 10_000; findMembers(groups).length > 0; await sleep(20)) {
      if (Date.now() > end) throw new CliError(`Processes ${findMembers(groups).join(", ")} still run.`);
    }
    for (const name of this.#bundles) await rm(join(bundleFolder, name), { recursive: true, force: true });
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // All its processes have exited.
  }
}

async function listBundles(): Promise<string[]> {
  const names = await readdir(bundleFolder).catch(() => []);
  return names.filter((name) => /^(?:dev|bundle)-/.test(name));
}
