/**
 * Every migration, on a database with rows in every table: they are all there afterwards, what is
 * derived of them too, it is applied once, and code of before it writes what it always wrote.
 */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";

import { readAllRows } from "../support/batches.ts";
import { faults, run } from "../support/database.ts";
import { clearStorage } from "../support/reset.ts";
import {
  inBothVersions,
  insertFixtures,
  readRows,
  readTables,
  type Table,
  tablesChangedBy,
} from "../support/schema-fixtures.ts";

/** The last migration that throws rows away, made when nobody had any. */
const beginning = "0004_repeatable_requests.sql";
const start = env.MIGRATIONS.findIndex(({ name }) => name === beginning) + 1;
const later = env.MIGRATIONS.slice(start).map(({ name }, at) => [name, start + at] as const);

beforeEach(clearStorage);

describe.each(later)("%s", (_, before) => {
  it("keeps every row, and what counts and finds them, and is applied once [R70]", async () => {
    const tables = await filledDatabase(before);
    expect(await tablesChangedBy(run, tables, () => migrateTo(before + 1))).toEqual([]);
    await expectSound();
    const once = await readAllRows();
    await migrateTo(before + 1);
    expect(await readAllRows()).toEqual(once);
  });

  it("takes what code of before it writes [R70]", async () => {
    const old = await filledDatabase(before);
    await migrateTo(before + 1);
    // What is taken away, released code uses no more: the rules for migrations see to that.
    const known = inBothVersions(old, await readTables(run));
    await insertFixtures(run, known, 2);
    // Rows of before and its own, column by column.
    const updates = known.flatMap(({ name: table, columns }) =>
      columns.map(({ name }) => [`UPDATE "${table}" SET "${name}" = "${name}"`] as const),
    );
    await run(...updates);
    await expectSound();
  });
});

describe("all migrations together", () => {
  it("keep every row of the first database there was", async () => {
    const tables = await filledDatabase(start);
    expect(await tablesChangedBy(run, tables, () => migrateTo(env.MIGRATIONS.length))).toEqual([]);
    await expectSound();
  });

  it("would be seen to lose a row, or to change one", async () => {
    const tables = await filledDatabase(env.MIGRATIONS.length);
    const changed = await tablesChangedBy(run, tables, () =>
      run(["DELETE FROM invites WHERE id = 1"], ["UPDATE zones SET title = 'Another' WHERE id = 1"]),
    );
    expect(changed).toEqual(["zones", "invites"]);
  });
});

/** Applies those of the first so many migrations that were not applied yet. */
function migrateTo(count: number): Promise<void> {
  return applyD1Migrations(env.DB, env.MIGRATIONS.slice(0, count));
}

/** A database after so many migrations, with rows in every table but the one that is always empty. */
async function filledDatabase(count: number): Promise<Table[]> {
  await migrateTo(count);
  const tables = await readTables(run);
  await insertFixtures(run, tables, 1);
  const rows = await readRows(run, tables);
  const empty = tables.filter(({ name }) => (rows.get(name) ?? []).length < 3).map(({ name }) => name);
  expect(empty).toEqual(["preconditions"]);
  await expectSound();
  return tables;
}

/** Nothing refers to what is not there, every count is right, and indexes and searching find what reading finds. */
async function expectSound(): Promise<void> {
  expect(await faults()).toEqual([]);
  await expectIndexed();
  expect(await run(["PRAGMA foreign_key_check"], ["PRAGMA quick_check"])).toEqual([
    [],
    [{ quick_check: "ok" }],
  ]);
  for (const [table, text] of [
    ["accounts", "title_key || char(10) || slug"],
    ["users", "search_text"],
  ] as const) {
    for (const term of ["x-s", "x-slug-1-0", "search_text-1-2"]) {
      const [, found, there] = await run(
        [`INSERT INTO ${table}_search (${table}_search) VALUES ('integrity-check')`],
        [`SELECT rowid AS id FROM ${table}_search(?) ORDER BY rowid`, `"${term}"`],
        [`SELECT id FROM ${table} WHERE instr(${text}, ?) > 0 ORDER BY id`, term],
      );
      expect([table, term, found]).toEqual([table, term, there]);
      if (term === "x-s") expect(found?.length).toBeGreaterThan(2);
    }
  }
}

/** Every index knows the rows it is there for, those of before it too. */
async function expectIndexed(): Promise<void> {
  const [indexes = []] = await run([
    "SELECT name, tbl_name AS owner, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
  ]);
  expect(indexes.length).toBeGreaterThan(20);
  const counts = indexes.flatMap(({ name, owner, sql }) => {
    const [, which = "true"] = String(sql).split(/\bWHERE\b/i);
    const countBy = (way: string) =>
      [`SELECT count(*) AS rows FROM "${String(owner)}" ${way} WHERE ${which}`] as const;
    return [countBy(`INDEXED BY "${String(name)}"`), countBy("NOT INDEXED")];
  });
  const counted = await run(...counts);
  const wrong = indexes.filter(
    (_, at) => counted[2 * at]?.[0]?.["rows"] !== counted[2 * at + 1]?.[0]?.["rows"],
  );
  expect(wrong).toEqual([]);
}
