import type { ChildProcess } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { envFileLine, SECRETS } from "./local-config.ts";
import { CliError } from "../cli.ts";
import { spawnWrangler } from "./wrangler.ts";

export interface ServiceOptions {
  readonly configuration: ReadonlyMap<string, string>;
  readonly state: string;
  readonly ports: { readonly port: number; readonly inspector: number };
  /** Where the Worker delivers mails. */
  readonly mailboxUrl: string;
}

/** Starts `wrangler dev` on the loopback address, and prints the output of it and of the Worker. */
export async function serve(options: ServiceOptions): Promise<ChildProcess> {
  const { configuration, state, ports, mailboxUrl } = options;
  const secrets = join(state, "secrets.env");
  const entries = [...configuration];
  const lines = entries
    .filter(([name]) => SECRETS.has(name))
    .map(([name, value]) => envFileLine(name, value));
  await rm(secrets, { force: true });
  await writeFile(secrets, lines.join(""), { mode: 0o600 });
  console.log("Building the Worker ...");
  const args = [
    "dev",
    "scripts/dev/local-worker.ts",
    "--env",
    "",
    "--local",
    "--persist-to",
    state,
    "--env-file",
    secrets,
  ];
  // Not the name localhost, which can mean two addresses, or one that not every machine has.
  args.push(
    "--ip",
    "127.0.0.1",
    "--port",
    String(ports.port),
    "--inspector-ip",
    "127.0.0.1",
    "--inspector-port",
    String(ports.inspector),
  );
  args.push("--show-interactive-dev-session=false");
  args.push("--var", `MAILBOX_URL:${mailboxUrl}`);
  // Arguments need no quoting, whatever characters a value contains.
  args.push(
    ...entries
      .filter(([name]) => !SECRETS.has(name))
      .flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  );
  const service = spawnWrangler(args, state);
  passOutput(service);
  return service;
}

/** Waits until the service responds. Throws a CliError if it does not within so many milliseconds. */
export async function waitUntilReady(port: number, within = 60_000): Promise<void> {
  const until = Date.now() + within;
  let result = "did not respond";
  while (Date.now() < until) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(5000) });
      if (response.status === 200) {
        return;
      }
      result = `returned ${response.status}`;
    } catch {
      // It does not listen yet.
    }
    await sleep(50);
  }
  throw new CliError(`The service was not ready after ${within / 1000} s: /healthz ${result}.`);
}

/** Prints all output except the warning that the schedule is not run: here it is. */
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

/** The lines of the warning after the first. */
const CRON_WARNING = /^ {2}(?:To manually trigger| {2}curl |For more details)/;
