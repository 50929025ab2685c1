import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { findDataLoss, findIncompatibilities } from "../../scripts/release/migration-lint.ts";

/** The reasons why migrations would lose data, each with its file. */
const dataLoss = (...files) =>
  findDataLoss(files.map((sql, index) => ({ name: `${index}.sql`, sql }))).map(
    ({ file, reason }) => `${file} ${reason}`,
  );

const family =
  'CREATE TABLE `parents` (id INTEGER); CREATE TABLE "kids" (p INTEGER REFERENCES `parents`(id));';

void test("dropping a table that another table references is rejected", () => {
  assert.deepEqual(dataLoss(family, "DROP TABLE IF EXISTS parents;"), [
    "1.sql drops parents, which is referenced by kids",
  ]);
  assert.deepEqual(dataLoss(family, 'drop table main."Parents"'), [
    "1.sql drops parents, which is referenced by kids",
  ]);
});

void test("a table that no other table references can be dropped", () => {
  assert.deepEqual(dataLoss(family, "DROP TABLE kids; DROP TABLE parents;"), []);
  assert.deepEqual(dataLoss("CREATE TABLE a (up INTEGER REFERENCES a(id)); DROP TABLE a;"), []);
  assert.deepEqual(dataLoss("CREATE VIRTUAL TABLE words USING fts5(a); DROP TABLE words;"), []);
});

void test("a renamed table keeps its references", () => {
  const rebuilt =
    "CREATE TABLE __new_kids (p REFERENCES parents); DROP TABLE kids; ALTER TABLE __new_kids RENAME TO kids;";
  assert.deepEqual(dataLoss(family, rebuilt, "DROP TABLE parents"), [
    "2.sql drops parents, which is referenced by kids",
  ]);
});

void test("REPLACE and PRAGMA foreign_keys are rejected in statements and triggers, not in comments and strings", () => {
  assert.equal(dataLoss("INSERT OR REPLACE INTO a VALUES (1)").length, 1);
  assert.equal(
    dataLoss("CREATE TRIGGER t AFTER INSERT ON a BEGIN REPLACE INTO b VALUES (1); END;").length,
    1,
  );
  assert.equal(dataLoss("PRAGMA foreign_keys=OFF;").length, 1);
  assert.deepEqual(
    dataLoss(
      "-- INSERT OR REPLACE\nSELECT 'REPLACE INTO; x', replace(a, 'b', 'c') /* PRAGMA foreign_keys */",
    ),
    [],
  );
});

const released = { name: "0001_released.sql", sql: "CREATE TABLE users (id INTEGER, name TEXT);" };

/** The reasons why a migration is incompatible with released code. */
const incompatibilities = (sql, releasedNames = ["0001_released.sql"]) =>
  findIncompatibilities([released, { name: "0002_next.sql", sql }], releasedNames).map(
    ({ reason }) => reason,
  );

const incompatible = {
  "DROP TABLE users": "drops the table users",
  "DROP TABLE IF EXISTS main.`users`": "drops the table users",
  "ALTER TABLE users DROP COLUMN name": "drops or renames a part of users",
  'ALTER TABLE "users" RENAME COLUMN name TO title': "drops or renames a part of users",
  "ALTER TABLE users RENAME TO people": "drops or renames a part of users",
  "ALTER TABLE users ADD `age` integer NOT NULL": "adds a required column without a default to users",
  "CREATE UNIQUE INDEX `users_name` ON `users` (`name`)": "adds a unique index to users",
  "DROP TRIGGER users_counts": "drops users_counts",
  "DROP VIEW active_owners": "drops active_owners",
  "CREATE TRIGGER t BEFORE INSERT ON users WHEN NEW.name = ' ON others ' BEGIN SELECT RAISE(ABORT, 'no'); END":
    "adds a trigger that rejects rows of users",
  "CREATE TRIGGER t AFTER UPDATE OF name ON users BEGIN DELETE FROM pets; SELECT RAISE(FAIL, 'no'); END":
    "adds a trigger that rejects rows of users",
};

const compatible = [
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

for (const [sql, reason] of Object.entries(incompatible)) {
  void test(`a statement that released code cannot work with is rejected: ${sql}`, () => {
    assert.deepEqual(incompatibilities(sql), [`${reason}. Released code may depend on it`]);
  });
}

void test("statements that only add are accepted [R70]", () => {
  for (const sql of compatible) assert.deepEqual([sql, incompatibilities(sql)], [sql, []]);
});

void test("released migrations are not checked for compatibility again", () => {
  assert.deepEqual(incompatibilities("DROP TABLE users", ["0001_released.sql", "0002_next.sql"]), []);
});

void test("a contract comment that names a released migration allows exactly one statement", () => {
  const contract = "-- contract: nothing reads it since 0001_released\nALTER TABLE users DROP COLUMN name;";
  assert.deepEqual(incompatibilities(contract), []);
  assert.equal(incompatibilities(`${contract}\nDROP TABLE users;`).length, 1);
  assert.equal(incompatibilities(contract.replace("0001_released", "0002_next")).length, 1);
  assert.equal(incompatibilities(contract.replace(" since 0001_released", "")).length, 1);
});

void test("the lint accepts this project's migrations as those of a first release", () => {
  const migrations = readdirSync("migrations")
    .filter((name) => name.endsWith(".sql"))
    .map((name) => ({ name, sql: readFileSync(`migrations/${name}`, "utf8") }));
  assert.ok(migrations.length > 0);
  assert.deepEqual([...findDataLoss(migrations), ...findIncompatibilities(migrations, [])], []);
});
