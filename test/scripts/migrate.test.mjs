import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { migrate } from "../../scripts/dev/migrate.ts";
import { sampleMigrations } from "../support/sample-migrations.ts";
import { insertFixtures, tablesChangedBy, readTables } from "../support/schema-fixtures.ts";

const project = resolve(".");
const names = readdirSync("migrations").filter((name) => name.endsWith(".sql"));
const folder = mkdtempSync(join(tmpdir(), "roster-migrate-"));
const state = join(folder, "state");

before(() => {
  cpSync("wrangler.toml", join(folder, "wrangler.toml"));
  for (const name of names) cpSync(join("migrations", name), join(folder, "migrations", name));
  process.chdir(folder);
});
after(() => {
  process.chdir(project);
  rmSync(folder, { recursive: true });
});

/** Opens the local database while `work` runs. */
async function withDatabase(work) {
  const objects = join(state, "v3/d1/miniflare-D1DatabaseObject");
  const file = readdirSync(objects).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const database = new DatabaseSync(join(objects, file));
  const run = async (...statements) =>
    statements.map(([sql, ...values]) => database.prepare(sql).all(...values));
  try {
    return await work(run);
  } finally {
    database.close();
  }
}

void test("a start applies new migrations to a filled database once and keeps its rows [R70]", async () => {
  await migrate(state);
  const tables = await withDatabase(async (run) => {
    const found = await readTables(run);
    await insertFixtures(run, found, 1);
    return found;
  });
  for (const { name, sql } of sampleMigrations) writeFileSync(join("migrations", name), sql);
  await withDatabase(async (run) => {
    assert.deepEqual(await tablesChangedBy(run, tables, () => migrate(state)), []);
    assert.deepEqual(await run(["PRAGMA foreign_key_check"], ["PRAGMA integrity_check"]), [
      [],
      [{ __proto__: null, integrity_check: "ok" }],
    ]);
    const [applied] = await run(["SELECT name FROM d1_migrations ORDER BY id"]);
    assert.deepEqual(
      applied.map(({ name }) => name),
      [...names, ...sampleMigrations.map(({ name }) => name)].toSorted(),
    );
  });
  const schemaAndMigrations = () =>
    withDatabase((run) => run(["SELECT * FROM sqlite_schema"], ["SELECT * FROM d1_migrations"]));
  const migrated = await schemaAndMigrations();
  const changed = await withDatabase((run) => tablesChangedBy(run, tables, () => migrate(state)));
  assert.deepEqual([changed, await schemaAndMigrations()], [[], migrated]);
});
