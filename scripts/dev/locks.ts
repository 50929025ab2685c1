import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { errorCode, CliError } from "../cli.ts";

/** How long a service that is just ending may keep its port and its state folder, in milliseconds. */
const PATIENCE = 1500;

/** Throws a CliError when another program listens on this port of this machine, whichever of its two addresses. */
export async function requireFreePort(port: number): Promise<void> {
  await patiently(async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const code = await listenError(host, port);
      if (code === "EADDRINUSE") {
        throw new CliError(
          `port ${port} is in use (${host}); end what listens there, or choose another with PORT=...`,
        );
      }
      if (code === "EACCES") {
        throw new CliError(`this user may not listen on port ${port}; choose another with PORT=...`);
      }
    }
  });
}

/**
 * Makes the state folder and takes it for this process; the answer gives it back, as does any end of the process.
 *
 * Two services over one folder would each keep a Durable Object's state of their own, and count wrong.
 * A database's lock, unlike a file with a process id in it, cannot be left behind.
 */
export async function takeStateDirectory(state: string): Promise<() => void> {
  mkdirSync(state, { recursive: true });
  return await patiently(() => {
    const lock = new DatabaseSync(join(state, "in-use.sqlite"));
    try {
      lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
      return () => lock.close();
    } catch (error) {
      lock.close();
      if (errorCode(error) !== "ERR_SQLITE_ERROR") {
        throw error;
      }
      throw new CliError(
        `another service is running on ${state}; end it, or choose another folder with STATE_DIR=...`,
      );
    }
  });
}

async function patiently<T>(attempt: () => T | Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof CliError) || Date.now() > until) {
        throw error;
      }
      await sleep(100);
    }
  }
}

/** Returns why the port cannot be listened on, or undefined when it can. */
function listenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errorCode(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
