import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { copyAssets } from "./assets.ts";
import { localConfiguration } from "./local-config.ts";
import { runCrons } from "./crons.ts";
import { requireFreePort, takeStateDirectory } from "./locks.ts";
import { localSigningKey } from "./local-issuer.ts";
import { MailCopier } from "./local-mail.ts";
import { migrate } from "./migrate.ts";
import { ready, serve } from "./serve.ts";
import { main, servicePort, stateDirectory } from "../cli.ts";
import { ended, endWranglers, temporaryFolder } from "./wrangler.ts";

let mails: MailCopier | undefined;
/** Referenced as long as the process lives: collected, the lock on the state folder would be gone. */
let release: (() => void) | undefined;
let stopping = false;

await main(async () => {
  const port = servicePort();
  const state = stateDirectory();
  await requireFreePort(port);
  release = await takeStateDirectory(state);
  stopWhenTold(state);
  try {
    await start(state, port);
  } catch (error) {
    // What is being stopped fails at whatever it was doing.
    if (!stopping) {
      await cleanUp(state);
      throw error;
    }
  }
});

async function start(state: string, port: number): Promise<void> {
  const key = await localSigningKey(state);
  const configuration = await localConfiguration(process.env, { state, port, key });
  await clearTemporaryFolder(state);
  copyAssets();
  await migrate(state);
  const service = await serve({ configuration, state, port });
  void ended(service).then((code) => stop(state, code || 1, "the service has ended by itself"));
  setInterval(copyMails, 200);
  await ready(port);
  void runCrons(port);
  console.log(`Roster is ready on http://localhost:${port}`);
  console.log("Next, a token to call it with: npm run --silent token -- ada@example.com");
}

/** A service that was killed leaves its temporary files behind, and in them mails that were not copied yet. */
async function clearTemporaryFolder(state: string): Promise<void> {
  const temporary = temporaryFolder(state);
  mails = new MailCopier(state, temporary);
  mails.copy();
  mails.close();
  // Miniflare keeps a second copy of each mail's text under the project, in a folder of the same name.
  for (const folder of await readdir(temporary).catch(() => [])) {
    await rm(join(".wrangler/tmp/email", folder), { recursive: true, force: true });
  }
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });
}

/** A mail that cannot be copied is no reason to end the service. */
function copyMails(): void {
  try {
    mails?.copy();
  } catch (error) {
    console.error("mails cannot be copied:", error);
  }
}

/** Stops on a signal, and when the npm that started this is gone: killed, it passes no signal on. */
function stopWhenTold(state: string): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => void stop(state, 0));
  }
  if (process.env["npm_lifecycle_event"] !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || void stop(state, 0), 250).unref();
  }
}

async function stop(state: string, code: number, reason?: string): Promise<void> {
  if (!stopping) {
    stopping = true;
    if (reason !== undefined) {
      console.error(reason);
    }
    await cleanUp(state);
    process.exit(code);
  }
}

async function cleanUp(state: string): Promise<void> {
  copyMails();
  await endWranglers();
  copyMails();
  mails?.close();
  await rm(temporaryFolder(state), { recursive: true, force: true });
  release?.();
}
