import { createHash, createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorCode, CliError } from "../cli.ts";
import { ended, spawnWrangler } from "./wrangler.ts";

/** Applies the migrations that the local database has not had; throws a CliError when one fails. */
export async function migrate(state: string): Promise<void> {
  if (isMigrated(state)) {
    return;
  }
  const args = ["d1", "migrations", "apply", "DB", "--env", "", "--local", "--persist-to", state];
  const wrangler = spawnWrangler(args, state);
  let output = "";
  for (const stream of [wrangler.stdout, wrangler.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  if ((await ended(wrangler)) !== 0) {
    throw new CliError(`${output}the migrations could not be applied; nothing was started`);
  }
}

/**
 * Tells whether the local database has had every migration, which spares a start the two seconds of asking wrangler.
 *
 * Any doubt is a no: wrangler then looks for itself. Must not be called while the service runs.
 */
function isMigrated(state: string): boolean {
  const id = /^database_id\s*=\s*"([^"]*)"/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1] ?? "";
  const path = join(state, "v3/d1", OBJECT, `${objectId(id)}.sqlite`);
  if (!existsSync(path)) {
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

const OBJECT = "miniflare-D1DatabaseObject";

/** Miniflare 5.20261023.2 keeps a D1 database in a Durable Object whose id it derives like this. */
function objectId(databaseId: string): string {
  const key = createHash("sha256").update(OBJECT).digest();
  const name = createHmac("sha256", key).update(databaseId).digest().subarray(0, 16);
  const check = createHmac("sha256", key).update(name).digest().subarray(0, 16);
  return Buffer.concat([name, check]).toString("hex");
}
