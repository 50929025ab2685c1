/** The tables as the migrations create them: allowed values and storage. */
import { getTableName, is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { beforeEach, describe, expect, it } from "vitest";

import {
  accountRoles,
  blockingStates,
  invitationStates,
  usageEnforcements,
} from "../../src/domain/account.ts";
import { plans } from "../../src/domain/plan.ts";
import { languages, userTypes } from "../../src/domain/user.ts";
import { cloudProviders, locationHints } from "../../src/domain/zone.ts";
import * as internalTables from "../../src/storage/internal-tables.ts";
import * as referenceTables from "../../src/storage/reference-tables.ts";
import * as schema from "../../src/storage/schema.ts";
import {
  inviteInsert,
  insertAccountOf,
  insertUser,
  memberInsert,
  databaseError,
  runStatements,
  type Statement,
} from "../support/database.ts";
import { unique } from "../support/fixtures.ts";

const tables = [...Object.values(schema), ...Object.values(internalTables)].filter((one) =>
  is(one, SQLiteTable),
);

/** Each column that holds one of a list of values, with the values. */
const columns = tables.flatMap((table) =>
  getTableConfig(table)
    .columns.filter(({ enumValues }) => (enumValues ?? []).length > 0)
    .map((column) => ({ table: getTableName(table), column: column.name, values: column.enumValues ?? [] })),
);

describe("a reference table", () => {
  it.each([
    { table: "plans", values: plans },
    { table: "account_roles", values: accountRoles },
    { table: "blocking_states", values: blockingStates },
    { table: "usage_enforcements", values: usageEnforcements },
    { table: "invitation_states", values: invitationStates },
    { table: "user_types", values: userTypes },
    { table: "languages", values: languages },
    { table: "cloud_providers", values: cloudProviders },
    { table: "location_hints", values: locationHints },
  ])("$table holds the values that the code knows", async ({ table, values }) => {
    const [rows = []] = await runStatements([`SELECT * FROM ${table}`]);
    expect(rows.flatMap((row) => Object.values(row).map(String)).sort()).toEqual(
      values.map(String).toSorted(),
    );
  });

  it("a reference table exists for every column whose type is a list of values", () => {
    const referring = tables.flatMap((table) =>
      getTableConfig(table).foreignKeys.flatMap((key) => {
        const { columns: from, foreignTable } = key.reference();
        return Object.values(referenceTables).some((one) => one === foreignTable)
          ? from.map(({ name }) => `${getTableName(table)}.${name}`)
          : [];
      }),
    );
    expect(columns.map(({ table, column }) => `${table}.${column}`).sort()).toEqual(referring.sort());
    expect(referring).toHaveLength(10);
  });
});

describe("a column with a list of values", () => {
  /** A row of each table that has such columns. */
  const row: Record<string, { key: string; id: string | number }> = {};
  beforeEach(async () => {
    const [owner, member] = [await insertUser(), await insertUser()];
    const { id } = await insertAccountOf(owner);
    const zone = unique("zone");
    await runStatements(memberInsert(id, member), inviteInsert(id, `${unique()}@example.com`), [
      "INSERT INTO zones (uuid, slug, title, cloud_provider, private) VALUES (?, ?, '', 'AWS', 1)",
      crypto.randomUUID(),
      zone,
    ]);
    Object.assign(row, {
      accounts: { key: "id", id },
      users: { key: "id", id: owner },
      memberships: { key: "user_id", id: member },
      invites: { key: "account_id", id },
      zones: { key: "slug", id: zone },
    });
  });

  it.each(columns)(
    "$column of $table accepts these values and refuses others",
    async ({ table, column, values }) => {
      const { key = "", id = "" } = row[table] ?? {};
      const update = (value: string): Statement => [
        `UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`,
        value,
        id,
      ];
      for (const value of values)
        expect([value, await databaseError(update(value))]).toEqual([value, undefined]);
      const [first = ""] = values;
      const otherCase = first === first.toLowerCase() ? first.toUpperCase() : first.toLowerCase();
      for (const value of ["nonsense", "", values.join(), otherCase]) {
        expect([value, await databaseError(update(value))]).toEqual([value, "FOREIGN KEY constraint failed"]);
      }
    },
  );
});

describe("a table", () => {
  it("a table has no CHECK that lists texts, as drizzle-kit would rebuild the table to extend it", async () => {
    const [found = []] = await runStatements(["SELECT name, sql FROM sqlite_schema WHERE type = 'table'"]);
    const listing = found.filter(({ sql }) => /CHECK\s*\([^)]*\bIN\s*\(\s*'/i.test(String(sql)));
    expect(listing).toEqual([]);
  });

  it("a table has no rowid if its primary key is text or has several columns, so that D1 writes one row", async () => {
    const [found = []] = await runStatements([
      `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*'
       AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '*_search*' AND name <> 'd1_migrations' ORDER BY name`,
    ]);
    const keyed = found.filter(({ sql }) => /(?<!integer )PRIMARY KEY/.test(String(sql)));
    const withoutRowid = found.filter(({ sql }) => String(sql).endsWith(" WITHOUT ROWID"));
    expect(keyed.length).toBeGreaterThan(15);
    expect(withoutRowid).toEqual(keyed);
  });
});
