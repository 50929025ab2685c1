import { mkdir, rm } from "node:fs/promises";
import { inspectorPort, main, servicePort, stateDirectory } from "../cli.ts";
import { copyAssets } from "./assets.ts";
import { checkConfiguration, localConfiguration } from "./local-config.ts";
import { localSigningKey } from "./local-issuer.ts";
import { assertFreePort, lockStateDirectory } from "./locks.ts";
import { type Mailbox, startMailbox } from "./mailbox.ts";
import { migrate } from "./migrate.ts";
import { runSchedule } from "./schedule.ts";
import { serve, waitUntilReady } from "./serve.ts";
import { ended, endWranglers, temporaryFolder } from "./wrangler.ts";

let mailbox: Mailbox | undefined;
/** Referenced as long as the process lives: collected, the lock of the state folder would be gone. */
let unlock: (() => void) | undefined;
let isStopping = false;

await main(async () => {
  const port = servicePort();
  const inspector = inspectorPort();
  const state = stateDirectory();
  await assertFreePort(port);
  unlock = await lockStateDirectory(state);
  stopOnSignal(state);
  try {
    await start(state, { port, inspector });
  } catch (error) {
    // A start that is stopped fails at what it is doing.
    if (!isStopping) {
      await cleanUp(state);
      throw error;
    }
  }
});

async function start(state: string, ports: { port: number; inspector: number }): Promise<void> {
  const { port } = ports;
  const key = await localSigningKey(state);
  const configuration = await localConfiguration(process.env, { state, port, key });
  checkConfiguration(configuration);
  // A service that was killed leaves its temporary files behind.
  await rm(temporaryFolder(state), { recursive: true, force: true });
  await mkdir(temporaryFolder(state), { mode: 0o700 });
  copyAssets();
  await migrate(state);
  mailbox = await startMailbox(state);
  const service = await serve({ configuration, state, ports, mailboxUrl: mailbox.url });
  void ended(service).then((code) => stop(state, code || 1, "The service has ended by itself."));
  await waitUntilReady(port);
  runSchedule(port);
  console.log(`Roster is ready on http://localhost:${port}`);
  console.log(`Mails are shown on ${mailbox.url}`);
  console.log("Next, create a token: npm run --silent token -- ada@example.com");
}

/** Stops on a signal, and when the npm that started this is gone: a killed npm passes no signal on. */
function stopOnSignal(state: string): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => void stop(state, 0));
  }
  if (process.env["npm_lifecycle_event"] !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || void stop(state, 0), 250).unref();
  }
}

async function stop(state: string, code: number, reason?: string): Promise<void> {
  if (!isStopping) {
    isStopping = true;
    if (reason !== undefined) {
      console.error(reason);
    }
    await cleanUp(state);
    process.exit(code);
  }
}

async function cleanUp(state: string): Promise<void> {
  await endWranglers();
  mailbox?.close();
  await rm(temporaryFolder(state), { recursive: true, force: true });
  unlock?.();
}
