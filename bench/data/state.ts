import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { convertV4MiniflareOptions, Miniflare } from "miniflare";

import { readIfExists } from "../../scripts/cli.ts";
import { generate } from "./generate.ts";

/** Id of the database. Miniflare derives the name of its file from it. */
export const databaseId = "bench";
export const compatibilityDate = "2026-10-20";

const seed = 1;

/** Returns the cache folder of a database with this number of accounts. */
function cacheFolder(accounts: number): string {
  return join(".wrangler", "bench-data", String(accounts));
}

/** Creates a state folder for Miniflare: a copy of the cache if it is valid, otherwise generated. */
export async function createState(folder: string, accounts: number): Promise<void> {
  const cached = cacheFolder(accounts);
  if ((await readIfExists(join(cached, "fingerprint"))) === (await fingerprint())) {
    await cp(cached, folder, { recursive: true });
  } else {
    await generateState(folder, accounts);
  }
}

/** Generates a database and caches it. Returns the cache folder. */
export async function cacheState(accounts: number): Promise<string> {
  const cached = cacheFolder(accounts);
  const draft = `${cached}.draft`;
  await rm(draft, { recursive: true, force: true });
  await generateState(draft, accounts);
  await writeFile(join(draft, "fingerprint"), await fingerprint());
  await mkdir(dirname(cached), { recursive: true });
  await rm(cached, { recursive: true, force: true });
  await rename(draft, cached);
  return cached;
}

async function generateState(folder: string, accounts: number): Promise<void> {
  await applyMigrations(folder);
  const database = new DatabaseSync(await databaseFile(folder));
  try {
    generate(database, { accounts, now: Date.now(), seed });
  } finally {
    database.close();
  }
}

/** Returns the database file in a state folder of Miniflare. */
export async function databaseFile(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const [name, ...others] = names.filter(
    (path) => /\bd1\b.*\.sqlite$/.test(path) && !path.endsWith("metadata.sqlite"),
  );
  if (name === undefined || others.length > 0)
    throw new Error(`Expected one database file in: ${names.join(", ")}`);
  return join(folder, name);
}

/** Applies the migrations through Miniflare, which creates the database file where it expects it. */
async function applyMigrations(folder: string): Promise<void> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      resourcePersistencePath: folder,
      modules: true,
      script: "export default {}",
      compatibilityDate,
      d1Databases: { DB: databaseId },
    }),
  );
  try {
    const database = await miniflare.getD1Database("DB");
    for (const path of await migrations()) {
      const text = await readFile(path, "utf8");
      for (const statement of text.split("--> statement-breakpoint")) await database.prepare(statement).run();
    }
  } finally {
    await miniflare.dispose();
  }
}

/** Returns a hash of the migrations and the generator, which shows whether a cached database is valid. */
async function fingerprint(): Promise<string> {
  const own = (await readdir(import.meta.dirname)).toSorted().map((name) => join(import.meta.dirname, name));
  const texts = await Promise.all([...(await migrations()), ...own].map((path) => readFile(path)));
  return createHash("sha256").update(Buffer.concat(texts)).digest("hex");
}

async function migrations(): Promise<string[]> {
  const names = await readdir("migrations");
  return names
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .map((name) => join("migrations", name));
}
