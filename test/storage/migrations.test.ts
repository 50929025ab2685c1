/** Each migration on a database with rows in every table, and migrations that extend a list of values. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";

import { findDataLoss, findIncompatibilities } from "../../scripts/release/migration-lint.ts";
import { readAllRows } from "../support/batches.ts";
import { inconsistencies, databaseError, runStatements } from "../support/database.ts";
import { clearStorage } from "../support/reset.ts";
import { addedValues, sampleMigrations } from "../support/sample-migrations.ts";
import {
  inBothVersions,
  insertFixtures,
  readRows,
  readTables,
  type Table,
  tablesChangedBy,
} from "../support/schema-fixtures.ts";

/** The last migration of the first release: all later ones must keep the rows of a filled database. */
const firstRelease = "0001_rules.sql";
const start = env.MIGRATIONS.findIndex(({ name }) => name === firstRelease) + 1;
/** The migrations of the project, and samples of later ones. */
const migrations = [
  ...env.MIGRATIONS,
  ...sampleMigrations.map(({ name, sql }) => ({ name, queries: [sql] })),
];
const later = migrations.slice(start).map(({ name }, at) => ({ name, before: start + at }));

beforeEach(clearStorage);

describe.each(later)("migration $name", ({ before }) => {
  it("the migration keeps every row, counter and search index, and is applied once [R70]", async () => {
    const tables = await filledDatabase(before);
    expect(await tablesChangedBy(runStatements, tables, () => migrateTo(before + 1))).toEqual([]);
    await expectSound();
    const once = await readAllRows();
    await migrateTo(before + 1);
    expect(await readAllRows()).toEqual(once);
  });

  it("the migrated database accepts the rows that the previous version writes [R70]", async () => {
    const old = await filledDatabase(before);
    await migrateTo(before + 1);
    // The migration rules guarantee that the previous version does not use what a migration removes.
    const known = inBothVersions(old, await readTables(runStatements));
    await insertFixtures(runStatements, known, 2);
    // Rows from before the migration and new ones, column by column.
    const updates = known.flatMap(({ name: table, columns }) =>
      columns.map(({ name }) => [`UPDATE "${table}" SET "${name}" = "${name}"`] as const),
    );
    await runStatements(...updates);
    await expectSound();
  });
});

describe("all migrations together", () => {
  it("all migrations together keep every row of the first release [R70]", async () => {
    const tables = await filledDatabase(start);
    expect(await tablesChangedBy(runStatements, tables, () => migrateTo(migrations.length))).toEqual([]);
    await expectSound();
  });

  it("all migrations together fail this test if they lose or change a row", async () => {
    const tables = await filledDatabase(migrations.length);
    const changed = await tablesChangedBy(runStatements, tables, () =>
      runStatements(
        ["DELETE FROM invites WHERE id = 1"],
        ["UPDATE zones SET title = 'Another' WHERE id = 1"],
      ),
    );
    expect(changed).toEqual(["zones", "invites"]);
  });
});

describe("a migration that adds a value to a list", () => {
  it.each(addedValues)(
    "a migration that adds a value to a list changes no other row, and $column of $table accepts $value but no unknown value",
    async ({ name, sql, list, value, table, column }) => {
      const update = (to: unknown) => [`UPDATE ${table} SET ${column} = ? WHERE id = 1`, String(to)] as const;
      await filledDatabase(env.MIGRATIONS.length);
      const before = await storedRows();
      const known = (before[list] ?? []).map((row) => String(Object.values(JSON.parse(row))[0]));
      expect(await databaseError(update(value))).toBe("FOREIGN KEY constraint failed");

      await applyD1Migrations(env.DB, [...env.MIGRATIONS, { name, queries: [sql] }]);

      const after = await storedRows();
      expect({ ...after, [list]: [] }).toEqual({ ...before, [list]: [] });
      expect(after[list]).toHaveLength(known.length + 1);
      expect(known.length).toBeGreaterThan(1);
      for (const accepted of [...known, value]) {
        expect([accepted, await databaseError(update(accepted))]).toEqual([accepted, undefined]);
      }
      expect(await runStatements([`SELECT ${column} AS value FROM ${table} WHERE id = 1`])).toEqual([
        [{ value }],
      ]);
      expect(await databaseError(update("unknown"))).toBe("FOREIGN KEY constraint failed");
      await expectSound();
    },
  );

  it("a migration that adds a value to a list passes the rules for migrations, and one that drops the list does not", () => {
    const released = env.MIGRATIONS.map(({ name }) => name);
    const files = migrations.map(({ name, queries }) => ({ name, sql: queries.join(";\n") }));
    expect(findDataLoss(files)).toEqual([]);
    expect(findIncompatibilities(files, released)).toEqual([]);
    const dropping = { name: "9009_drop.sql", sql: "DROP TABLE languages;" };
    expect(findDataLoss([...files, dropping])).toHaveLength(1);
    expect(findIncompatibilities([...files, dropping], released)).toHaveLength(1);
  });
});

/** Returns every row by table, without the list of applied migrations. */
async function storedRows(): Promise<Readonly<Record<string, string[]>>> {
  const { d1_migrations: _applied, ...tables } = await readAllRows();
  return {
    ...tables,
    sqlite_sequence: (tables["sqlite_sequence"] ?? []).filter((row) => !row.includes("d1_migrations")),
  };
}

/** Applies the first `count` migrations, except those applied before. */
function migrateTo(count: number): Promise<void> {
  return applyD1Migrations(env.DB, migrations.slice(0, count));
}

/** Creates a database with `count` migrations and rows in every table but the one that is always empty. */
async function filledDatabase(count: number): Promise<Table[]> {
  await migrateTo(count);
  const tables = await readTables(runStatements);
  await insertFixtures(runStatements, tables, 1);
  const rows = await readRows(runStatements, tables);
  const empty = tables.filter(({ name }) => (rows.get(name) ?? []).length < 2).map(({ name }) => name);
  expect(empty).toEqual(["preconditions"]);
  await expectSound();
  return tables;
}

/** Expects foreign keys, counters, indexes and search to agree with the rows. */
async function expectSound(): Promise<void> {
  expect(await inconsistencies()).toEqual([]);
  await expectIndexed();
  expect(await runStatements(["PRAGMA foreign_key_check"], ["PRAGMA quick_check"])).toEqual([
    [],
    [{ quick_check: "ok" }],
  ]);
  for (const [table, text] of [
    ["accounts", "title_key || char(10) || slug"],
    ["users", "search_text"],
  ] as const) {
    for (const term of ["x-s", "x-slug-1-0", "search_text-1-2"]) {
      const [, found, there] = await runStatements(
        [`INSERT INTO ${table}_search (${table}_search) VALUES ('integrity-check')`],
        [`SELECT rowid AS id FROM ${table}_search(?) ORDER BY rowid`, `"${term}"`],
        [`SELECT id FROM ${table} WHERE instr(${text}, ?) > 0 ORDER BY id`, term],
      );
      expect([table, term, found]).toEqual([table, term, there]);
      if (term === "x-s") expect(found?.length).toBeGreaterThan(2);
    }
  }
}

/** Expects every index to contain the rows it covers, older ones included. */
async function expectIndexed(): Promise<void> {
  const [indexes = []] = await runStatements([
    "SELECT name, tbl_name AS owner, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
  ]);
  expect(indexes.length).toBeGreaterThan(20);
  const counts = indexes.flatMap(({ name, owner, sql }) => {
    const [, which = "true"] = String(sql).split(/\bWHERE\b/i);
    const countBy = (way: string) =>
      [`SELECT count(*) AS rows FROM "${String(owner)}" ${way} WHERE ${which}`] as const;
    return [countBy(`INDEXED BY "${String(name)}"`), countBy("NOT INDEXED")];
  });
  const counted = await runStatements(...counts);
  const wrong = indexes.filter(
    (_, at) => counted[2 * at]?.[0]?.["rows"] !== counted[2 * at + 1]?.[0]?.["rows"],
  );
  expect(wrong).toEqual([]);
}
