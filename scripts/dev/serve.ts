import type { ChildProcess } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { envFileLine, SECRETS } from "./local-config.ts";
import { inspectorPort, CliError } from "../cli.ts";
import { spawnWrangler } from "./wrangler.ts";

/** What a service is started with. */
export interface ServiceOptions {
  readonly configuration: ReadonlyMap<string, string>;
  readonly state: string;
  readonly port: number;
}

/** Starts `wrangler dev`, which answers on the loopback address only, and passes on what it and the worker print. */
export async function serve({ configuration, state, port }: ServiceOptions): Promise<ChildProcess> {
  const secrets = join(state, "secrets.env");
  const entries = [...configuration];
  const lines = entries
    .filter(([name]) => SECRETS.has(name))
    .map(([name, value]) => envFileLine(name, value));
  await rm(secrets, { force: true });
  await writeFile(secrets, lines.join(""), { mode: 0o600 });
  const args = ["dev", "--env", "", "--local", "--persist-to", state, "--env-file", secrets];
  // The address and not the name localhost, which can mean two addresses, or one that not every machine has.
  args.push(
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    "--inspector-ip",
    "127.0.0.1",
    "--inspector-port",
    String(inspectorPort()),
  );
  args.push("--show-interactive-dev-session=false");
  // An argument arrives as it is, whatever quotes, dollar signs and line ends it holds.
  args.push(
    ...entries
      .filter(([name]) => !SECRETS.has(name))
      .flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  );
  const service = spawnWrangler(args, state);
  passOutput(service);
  return service;
}

/** Waits until the service answers; throws a CliError when it has not after so many milliseconds. */
export async function ready(port: number, within = 60_000): Promise<void> {
  const until = Date.now() + within;
  let answer = "no answer";
  while (Date.now() < until) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(5000) });
      if (response.status === 200) {
        return;
      }
      answer = `the answer ${response.status}`;
    } catch {
      // It does not listen yet.
    }
    await sleep(50);
  }
  throw new CliError(`not ready after ${within / 1000} s: /healthz gave ${answer}`);
}

/** All but the warning that crons do not run: here they do. */
function passOutput({ stdout, stderr }: ChildProcess): void {
  stdout?.pipe(process.stdout);
  let dropping = false;
  const lines = stderr === null ? undefined : createInterface({ input: stderr });
  lines?.on("line", (line) => {
    if (line.includes("Scheduled Workers are not automatically triggered")) {
      dropping = true;
    } else if (line !== "" && !CRON_WARNING.test(line)) {
      dropping = false;
    }
    if (!dropping) {
      process.stderr.write(`${line}\n`);
    }
  });
}

/** The warning's lines below its first. */
const CRON_WARNING = /^ {2}(?:To manually trigger| {2}curl |For more details)/;
