import assert from "node:assert/strict";
import { test } from "node:test";
import { findNarrowings } from "../../scripts/expand-rules.ts";

const known = { name: "0001_known.sql", sql: "CREATE TABLE users (id INTEGER, name TEXT);" };

/** Why a migration may not follow the released one; nothing where it may. */
const reasons = (sql, released = ["0001_known.sql"]) =>
  findNarrowings([known, { name: "0002_next.sql", sql }], released).map(({ reason }) => reason);

const narrowing = {
  "DROP TABLE users": "drops the table users",
  "DROP TABLE IF EXISTS main.`users`": "drops the table users",
  "ALTER TABLE users DROP COLUMN name": "drops or renames what users has",
  'ALTER TABLE "users" RENAME COLUMN name TO title': "drops or renames what users has",
  "ALTER TABLE users RENAME TO people": "drops or renames what users has",
  "ALTER TABLE users ADD `age` integer NOT NULL": "adds to users what no insert may leave out",
  "CREATE UNIQUE INDEX `users_name` ON `users` (`name`)": "makes unique what users may hold twice",
  "DROP TRIGGER users_counts": "drops users_counts",
  "DROP VIEW active_owners": "drops active_owners",
  "CREATE TRIGGER t BEFORE INSERT ON users WHEN NEW.name = ' ON others ' BEGIN SELECT RAISE(ABORT, 'no'); END":
    "refuses what users takes",
  "CREATE TRIGGER t AFTER UPDATE OF name ON users BEGIN DELETE FROM pets; SELECT RAISE(FAIL, 'no'); END":
    "refuses what users takes",
};

const widening = [
  "CREATE TABLE pets (id INTEGER, name TEXT NOT NULL); CREATE UNIQUE INDEX pets_name ON pets (name); DROP TABLE pets",
  "CREATE TABLE pets (id); CREATE TRIGGER t BEFORE INSERT ON pets BEGIN SELECT RAISE(ABORT, 'no'); END;",
  "ALTER TABLE users ADD age integer",
  "ALTER TABLE users ADD age integer DEFAULT 0 NOT NULL",
  "CREATE INDEX users_name ON users (name); DROP INDEX users_name",
  "CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE counters SET value = value + 1; END",
  "CREATE TRIGGER t BEFORE INSERT ON users BEGIN SELECT RAISE(IGNORE); END",
  "DROP TRIGGER t; CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM users; END",
  "UPDATE users SET name = 'DROP TABLE users'",
];

for (const [sql, reason] of Object.entries(narrowing)) {
  void test(`released code could not live with: ${sql}`, () => {
    assert.deepEqual(reasons(sql), [`${reason}, which released code may rely on`]);
  });
}

void test("released code lives with what is added [R70]", () => {
  for (const sql of widening) assert.deepEqual([sql, reasons(sql)], [sql, []]);
});

void test("what is released already is not looked at again", () => {
  assert.deepEqual(reasons("DROP TABLE users", ["0001_known.sql", "0002_next.sql"]), []);
});

void test("what nothing uses since a release may go, and nothing else with it", () => {
  const contract = "-- contract: nobody reads it since 0001_known\nALTER TABLE users DROP COLUMN name;";
  assert.deepEqual(reasons(contract), []);
  assert.equal(reasons(`${contract}\nDROP TABLE users;`).length, 1);
  assert.equal(reasons(contract.replace("0001_known", "0002_next")).length, 1);
  assert.equal(reasons(contract.replace(" since 0001_known", "")).length, 1);
});
