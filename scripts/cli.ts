import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** An error whose message is for the person at the terminal; it is printed without a stack. */
export class CliError extends Error {}

/** Returns the absolute path of the folder with all data of a local service. */
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

function portFrom(name: string, fallback: number): number {
  const given = process.env[name];
  if (given === undefined || given === "") {
    return fallback;
  }
  const port = Number(given);
  if (!/^\d{1,5}$/.test(given) || port < 1 || port > 65_535) {
    throw new CliError(`${name} must be a whole number from 1 to 65535, not ${JSON.stringify(given)}`);
  }
  return port;
}

/**
 * Creates a folder and those above it.
 *
 * Node's own recursive mkdir never returns for a path under /proc, where a folder that exists cannot hold another.
 */
export async function createDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await createDirectory(dirname(path));
    await mkdir(path).catch((second: unknown) => {
      if (errorCode(second) !== "EEXIST") throw second;
    });
  }
}

/**
 * Returns the content of a file that only its owner may read, and creates it if it does not exist.
 *
 * If two processes create it at once, both get the same content: a hard link never replaces a file.
 */
export async function readOrCreate(path: string, create: () => string | Promise<string>): Promise<string> {
  const existing = await readIfExists(path);
  if (existing !== undefined) {
    return existing;
  }
  await createDirectory(dirname(path));
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, await create(), { mode: 0o600, flag: "wx" });
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

/** Returns the file's text, or undefined if there is no such file. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** Returns the system's code of an error, such as `ENOENT`, or undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** Runs a script's main function. An error ends the process with code 1 and one line, or a stack if it is a bug. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const system = error instanceof Error && "syscall" in error;
    console.error(error instanceof CliError || system ? error.message : error);
    process.exit(1);
  }
}
