/** The manifest of the last release, with which the next version must be compatible. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Migration } from "./migration-lint.ts";

export interface ReleaseManifest {
  /** SHA-256 of each migration, by name. */
  readonly migrations: Readonly<Record<string, string>>;
  /** Each statement that the release sends, with its number of parameters. */
  readonly statements: readonly (readonly [sql: string, parameters: number])[];
}

export const MANIFEST_PATH = "migrations/release.json";

export async function readManifest(): Promise<ReleaseManifest> {
  return JSON.parse(await readFile(MANIFEST_PATH, "utf8")) as ReleaseManifest;
}

/** Returns the migrations of a folder, in order. */
export async function readMigrations(folder = "migrations"): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
  return await Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(join(folder, name), "utf8") })),
  );
}

/** Returns the SHA-256 of a migration, in hexadecimal. */
export function hashOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}
