import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Migration } from "./migration-rules.ts";

/** What is known of the release that runs while the next one is made ready. */
export interface Release {
  /** SHA-256 of every migration it came with, by name. */
  readonly migrations: Readonly<Record<string, string>>;
  /** Every statement it sends, with how many values it takes. */
  readonly statements: readonly (readonly [sql: string, values: number])[];
}

export const releasePath = "migrations/release.json";

export async function readRelease(): Promise<Release> {
  return JSON.parse(await readFile(releasePath, "utf8")) as Release;
}

/** The migrations of a folder, in their order. */
export async function readMigrations(folder = "migrations"): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted();
  return await Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(join(folder, name), "utf8") })),
  );
}

export function hashOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}
