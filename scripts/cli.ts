import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Says what went wrong in words meant for the person at the terminal; its stack is of no interest. */
export class CliError extends Error {}

/** Returns the absolute path of the folder that holds everything a local service remembers. */
export function stateDirectory(): string {
  return resolve(process.env["STATE_DIR"] || ".wrangler/state");
}

/** Returns the port of the local service: PORT, or 8787. */
export function servicePort(): number {
  return portFrom("PORT", 8787);
}

/** Returns the port of the debugger: INSPECTOR_PORT, or 0 for any free one. */
export function inspectorPort(): number {
  return portFrom("INSPECTOR_PORT", 0);
}

function portFrom(name: string, without: number): number {
  const given = process.env[name];
  if (given === undefined || given === "") {
    return without;
  }
  const port = Number(given);
  if (!/^\d{1,5}$/.test(given) || port < 1 || port > 65_535) {
    throw new CliError(`${name} must be a whole number from 1 to 65535, not ${JSON.stringify(given)}`);
  }
  return port;
}

/**
 * Returns what `path` holds, making it first when it is not there; only its owner may read it.
 *
 * Of two processes that make it at once both get the same content: a hard link appears whole or not at all,
 * and never replaces another.
 */
export async function readOrCreate(path: string, make: () => string | Promise<string>): Promise<string> {
  const kept = await readIfThere(path);
  if (kept !== undefined) {
    return kept;
  }
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, await make(), { mode: 0o600, flag: "wx" });
  try {
    await link(draft, path);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") {
      throw error;
    }
  } finally {
    await unlink(draft);
  }
  return await readFile(path, "utf8");
}

/** Returns the file's text, or undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** Returns the system's code of an error (`ENOENT`), or undefined when it carries none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** Runs a script's main function; what it throws becomes one line on stderr (a stack, if it is a bug) and exit 1. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const system = error instanceof Error && "syscall" in error;
    console.error(error instanceof CliError || system ? error.message : error);
    process.exit(1);
  }
}
