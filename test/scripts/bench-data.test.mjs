import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { callers, fixtures } from "../../bench/data/fixtures.ts";
import { createState, databaseFile } from "../../bench/data/state.ts";
import { commonWord, rareWord } from "../../bench/data/words.ts";
import { startEnvironment } from "../../bench/environment.ts";
import { sendOnce } from "../../bench/operations/operation.ts";
import { prepareOperations } from "../../bench/operations/prepare.ts";
import { costOf } from "../../bench/request-cost.ts";

const accounts = 1000;
const folder = await mkdtemp(join(tmpdir(), "bench-data-"));
after(() => rm(folder, { recursive: true }));
await createState(folder, accounts);
const database = new DatabaseSync(await databaseFile(folder));
after(() => database.close());
/** Returns the first column of the first row. */
const number = (sql, ...values) => Object.values(database.prepare(sql).get(...values))[0];

void test("the generated database has no foreign key violation and passes the integrity check", () => {
  assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
  assert.equal(number("PRAGMA integrity_check"), "ok");
});

void test("the generated database has the schema of the migrations", async () => {
  const schema = (of) =>
    of
      .prepare(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%cf\\_%' ESCAPE '\\' ORDER BY 1, 2",
      )
      .all();
  const migrated = new DatabaseSync(":memory:");
  for (const name of (await readdir("migrations")).filter((one) => one.endsWith(".sql")).toSorted()) {
    migrated.exec(await readFile(join("migrations", name), "utf8"));
  }
  // SQLite stores statements with their white space.
  const normalized = (rows) =>
    rows.map(({ type, name, sql }) => [type, name, sql?.replaceAll(/\s+/g, " ").trim()]);
  assert.deepEqual(normalized(schema(database)), normalized(schema(migrated)));
  migrated.close();
});

void test("counters and member counts equal the numbers of rows", () => {
  for (const table of ["accounts", "memberships", "users"]) {
    const counter = number("SELECT value FROM counters WHERE name = ?", table);
    assert.equal(counter, number(`SELECT count(*) FROM ${table}`), table);
  }
  const wrong = `SELECT count(*) FROM accounts WHERE member_count <>
    (SELECT count(*) FROM memberships WHERE account_id = accounts.id)`;
  assert.equal(number(wrong), 0);
  assert.equal(number("SELECT member_count FROM accounts WHERE slug = ?", fixtures.crowd), fixtures.members);
});

void test("every account has an active owner and a history in the order of time", () => {
  const ownerless = "SELECT count(*) FROM accounts WHERE id NOT IN (SELECT account_id FROM active_owners)";
  assert.equal(number(ownerless), 0);
  const created = "SELECT count(*) FROM audit_rows WHERE action = 'account.created'";
  assert.equal(number(created), number("SELECT count(*) FROM accounts"));
  const outOfOrder =
    "SELECT count(*) FROM audit_rows AS a JOIN audit_rows AS b ON b.id = a.id + 1 AND b.at < a.at";
  assert.equal(number(outOfOrder), 0);
});

void test("searches find the twenty titles with the rare word and the tenth with the common word", () => {
  const found = (term) =>
    number("SELECT count(*) FROM accounts_search WHERE accounts_search MATCH ?", `"${term}"`);
  const withWord = (term) => number("SELECT count(*) FROM accounts WHERE instr(title_key, ?)", term);
  assert.equal(found(rareWord), 20);
  assert.equal(found(commonWord), accounts / 10);
  assert.deepEqual([withWord(rareWord), withWord(commonWord)], [20, accounts / 10]);
  const users = number("SELECT count(*) FROM users_search WHERE users_search MATCH ?", '"@example.com"');
  assert.equal(users, number("SELECT count(*) FROM users") - Object.keys(callers).length);
});

void test("the same seed gives the same accounts", async () => {
  const again = await mkdtemp(join(tmpdir(), "bench-data-"));
  await createState(again, accounts);
  const other = new DatabaseSync(await databaseFile(again));
  const names = (of) => of.prepare("SELECT uuid, slug, title FROM accounts ORDER BY id").all();
  assert.deepEqual(names(other), names(database));
  other.close();
  await rm(again, { recursive: true });
});

void test("the service and the bare Worker support every operation of the benchmark", async () => {
  const environment = await startEnvironment(accounts);
  try {
    for (const operation of await prepareOperations(environment)) {
      for (const worker of ["ours", "bare"]) {
        const response = await sendOnce(environment, environment.address[worker], operation);
        assert.ok(response.ok, `${operation.name} of ${worker}`);
        await response.arrayBuffer();
      }
      const { roundTrips, rowsWritten, objectCalls } = await costOf(environment, operation);
      const [maxRoundTrips, calls] =
        rowsWritten > 0
          ? [2, 0]
          : [1, operation.bare === "increment" || operation.bare === "readUsage" ? 1 : 0];
      assert.ok(roundTrips <= maxRoundTrips, `${operation.name} takes ${roundTrips} round trips`);
      assert.equal(objectCalls, calls, operation.name);
    }
  } finally {
    await environment.dispose();
  }
});
