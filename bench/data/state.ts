import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { convertV4MiniflareOptions, Miniflare } from "miniflare";

import { readIfExists } from "../../scripts/cli.ts";
import { generate } from "./generate.ts";

/** The database's name, which the file it lies in is named after. */
export const databaseId = "bench";
export const compatibilityDate = "2026-10-20";

const seed = 1;

/** Where the data of a size is kept between runs. */
export function keptState(accounts: number): string {
  return join(".wrangler", "bench-data", String(accounts));
}

/** Makes a folder that Miniflare starts from: a copy of what is kept of this size and still right, else made anew. */
export async function prepareState(folder: string, accounts: number): Promise<void> {
  const kept = keptState(accounts);
  if ((await readIfExists(join(kept, "made-by"))) === (await fingerprint())) {
    await cp(kept, folder, { recursive: true });
  } else {
    await makeState(folder, accounts);
  }
}

/** Makes the data of a size anew and keeps it. */
export async function keepState(accounts: number): Promise<string> {
  const kept = keptState(accounts);
  const draft = `${kept}.draft`;
  await rm(draft, { recursive: true, force: true });
  await makeState(draft, accounts);
  await writeFile(join(draft, "made-by"), await fingerprint());
  await mkdir(dirname(kept), { recursive: true });
  await rm(kept, { recursive: true, force: true });
  await rename(draft, kept);
  return kept;
}

async function makeState(folder: string, accounts: number): Promise<void> {
  await applyMigrations(folder);
  const database = new DatabaseSync(await databaseFile(folder));
  try {
    generate(database, { accounts, now: Date.now(), seed });
  } finally {
    database.close();
  }
}

/** The file in which Miniflare keeps the database of a state folder. */
export async function databaseFile(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const [name, ...others] = names.filter(
    (path) => /\bd1\b.*\.sqlite$/.test(path) && !path.endsWith("metadata.sqlite"),
  );
  if (name === undefined || others.length > 0) throw new Error(`Not one database: ${names.join(", ")}`);
  return join(folder, name);
}

/** Applies them through Miniflare, which then has made the file where it looks for it. */
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

/** Tells data that other migrations or another generator made. */
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
