import { existsSync, readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CliError, errorCode, main, stateDirectory } from "../cli.ts";
import { lockStateDirectory } from "./locks.ts";
import { ended, spawnWrangler, temporaryFolder } from "./wrangler.ts";

/** Applies the migrations that the local database does not have yet. Throws a CliError if one fails. */
export async function migrate(state: string): Promise<void> {
  if (isMigrated(state)) {
    return;
  }
  console.log("Applying the migrations ...");
  const args = ["d1", "migrations", "apply", "DB", "--env", "", "--local", "--persist-to", state];
  const wrangler = spawnWrangler(args, state);
  let output = "";
  for (const stream of [wrangler.stdout, wrangler.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  if ((await ended(wrangler)) !== 0) {
    throw new CliError(`${output}The migrations could not be applied, so nothing was started.`);
  }
}

/**
 * Returns whether the local database has every migration, which saves the two seconds that wrangler takes.
 *
 * In doubt returns false: wrangler then checks. Must not be called while the service runs.
 */
function isMigrated(state: string): boolean {
  const path = databaseFile(state);
  if (path === undefined) {
    return false;
  }
  const database = new DatabaseSync(path);
  try {
    const rows = database.prepare("SELECT name FROM d1_migrations").all();
    const applied = new Set(rows.map((row) => row["name"]));
    return readdirSync("migrations").every((file) => !file.endsWith(".sql") || applied.has(file));
  } catch (error) {
    if (errorCode(error) === "ERR_SQLITE_ERROR") {
      return false;
    }
    throw error;
  } finally {
    database.close();
  }
}

/** Returns the file of the only D1 database in a state folder, or undefined if there is not exactly one. */
function databaseFile(state: string): string | undefined {
  const folder = join(state, "v3/d1/miniflare-D1DatabaseObject");
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const [file, ...others] = files.filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return file === undefined || others.length > 0 ? undefined : join(folder, file);
}

if (import.meta.main) {
  await main(async () => {
    const state = stateDirectory();
    const unlock = await lockStateDirectory(state);
    await mkdir(temporaryFolder(state), { recursive: true, mode: 0o700 });
    await migrate(state);
    unlock();
  });
}
