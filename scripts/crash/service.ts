import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { variables } from "../../src/config.ts";
import { CliError } from "../cli.ts";
import { groupsOf, membersOf } from "./processes.ts";

/** Wrangler keeps its bundles here, under the project, and leaves them when it is killed. */
const bundles = ".wrangler/tmp";

type Limits = "on" | "off";

/** Starts a service on a free port and a new state folder, and leaves nothing of it however this ends. */
export async function withService(
  { limits }: { limits: Limits },
  use: (service: Service, state: string) => Promise<void>,
): Promise<void> {
  for (const { name } of Object.values(variables)) delete process.env[name];
  const state = await mkdtemp(join(tmpdir(), "roster-"));
  const service = new Service(state, await freePort(), limits);
  const clean = async () => {
    await service.kill();
    await rm(state, { recursive: true, force: true });
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(signal, () => void clean().finally(() => process.exit(1)));
  }
  try {
    await service.start();
    await use(service, state);
  } finally {
    await clean();
  }
}

/** The service as `npm start` runs it, on one port and state folder, started as often as it is killed. */
export class Service {
  readonly address: URL;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | undefined;
  /** Known once it is ready: to look for them takes as long as all that is on its way takes to be answered. */
  #groups: ReadonlySet<number> | undefined;
  #bundles: readonly string[] = [];

  constructor(state: string, port: number, limits: Limits) {
    this.address = new URL(`http://127.0.0.1:${port}`);
    this.#environment = { STATE_DIR: state, PORT: String(port), RATE_LIMITS: limits };
  }

  /** How many processes it consists of. */
  get size(): number {
    return this.#groups === undefined ? 0 : membersOf(this.#groups).length;
  }

  /** Returns once it answers; throws a CliError with all it printed when it ends before. */
  async start(): Promise<void> {
    const before = await bundleNames();
    const child = spawn(process.execPath, ["scripts/dev/start.ts"], {
      // A group of its own, which a kill of this process by the terminal does not reach.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      // Named as npm's child it ends with its parent, even killed.
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
    const ended = once(child, "exit").then(() => {
      throw new CliError(`the service ended by itself:\n${output}`);
    });
    // Told of when it ends later, too: killed by us.
    ended.catch(() => {});
    await Promise.race([ready, ended]);
    this.#bundles = (await bundleNames()).filter((name) => !before.includes(name));
    if (child.pid !== undefined) this.#groups = groupsOf(child.pid);
  }

  /**
   * Kills all of it at once and without warning; returns when none of it is left. `now` is called
   * right before, in the same turn: what fails afterwards may have failed for this.
   */
  async kill(now: () => void = () => {}): Promise<void> {
    const id = this.#child?.pid;
    if (id === undefined) return;
    const groups = this.#groups ?? groupsOf(id);
    this.#child = undefined;
    this.#groups = undefined;
    now();
    for (const group of groups) killGroup(group);
    for (const until = Date.now() + 10_000; membersOf(groups).length > 0; await sleep(20)) {
      if (Date.now() > until) throw new CliError(`processes ${membersOf(groups).join(", ")} live on`);
    }
    for (const name of this.#bundles) await rm(join(bundles, name), { recursive: true, force: true });
  }
}

/** Returns a port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a port was asked for");
  return address.port;
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has gone already.
  }
}

async function bundleNames(): Promise<string[]> {
  const names = await readdir(bundles).catch(() => []);
  return names.filter((name) => /^(?:dev|bundle)-/.test(name));
}
