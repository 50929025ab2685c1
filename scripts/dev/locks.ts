import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError, createDirectory, errorCode } from "../cli.ts";

/** How long to wait for a service that is ending, in milliseconds. */
const PATIENCE = 1500;

/** SQLite's result code for a database that another process has locked. */
const SQLITE_BUSY = 5;

/** Throws a CliError if another program listens on this port, on either loopback address. */
export async function assertFreePort(port: number): Promise<void> {
  await withPatience(async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const code = await listenError(host, port);
      if (code === "EADDRINUSE") {
        throw new CliError(
          `Port ${port} is in use (${host}). Stop the program that listens there, or choose another port with PORT=...`,
        );
      }
      if (code === "EACCES") {
        throw new CliError(`This user may not listen on port ${port}. Choose another port with PORT=...`);
      }
    }
  });
}

/**
 * Creates the state folder and locks it for this process. The returned function unlocks it, and so does the end
 * of the process. Throws a CliError if the folder cannot be written or another service uses it.
 *
 * Two services with one folder would each load their own copy of a Durable Object, and count wrong. A lock of a
 * database, unlike a file with a process id, cannot be left behind.
 */
export async function lockStateDirectory(state: string): Promise<() => void> {
  try {
    await createDirectory(state);
  } catch (error) {
    throw notWritable(state, error);
  }
  return await withPatience(() => openLock(state));
}

function openLock(state: string): () => void {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(state, "in-use.sqlite"));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new CliError(
        `Another service is running with STATE_DIR ${state}. Stop it, or choose another folder with STATE_DIR=...`,
      );
    }
    throw notWritable(state, error);
  }
  return lock.close.bind(lock);
}

function notWritable(state: string, error: unknown): CliError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CliError(
    `STATE_DIR ${state} cannot be written (${reason}). Choose another folder with STATE_DIR=...`,
  );
}

/** Repeats an attempt that ends with a CliError, because a service that is just ending may be the cause. */
async function withPatience<T>(attempt: () => T | Promise<T>): Promise<T> {
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

/** Returns the code of the error of listening on a port, or undefined if it can be listened on. */
function listenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errorCode(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
