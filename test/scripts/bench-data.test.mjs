import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { callers, shapes } from "../../bench/data/shapes.ts";
import { databaseFile, prepareState } from "../../bench/data/state.ts";
import { commonWord, rareWord } from "../../bench/data/words.ts";
import { costOf } from "../../bench/cost.ts";
import { ask } from "../../bench/operations/operation.ts";
import { prepareOperations } from "../../bench/operations/prepare.ts";
import { startWorld } from "../../bench/world.ts";

const accounts = 1000;
const folder = await mkdtemp(join(tmpdir(), "bench-data-"));
after(() => rm(folder, { recursive: true }));
await prepareState(folder, accounts);
const database = new DatabaseSync(await databaseFile(folder));
after(() => database.close());
const number = (sql, ...values) => Object.values(database.prepare(sql).get(...values))[0];

void test("rows lead where they should, and the file is whole", () => {
  assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
  assert.equal(number("PRAGMA integrity_check"), "ok");
});

void test("the database's own rules stand as the migrations made them", async () => {
  const schema = (of) =>
    of
      .prepare(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%cf\\_%' ESCAPE '\\' ORDER BY 1, 2",
      )
      .all();
  const plain = new DatabaseSync(":memory:");
  for (const name of (await readdir("migrations")).filter((one) => one.endsWith(".sql")).toSorted()) {
    plain.exec(await readFile(join("migrations", name), "utf8"));
  }
  // The text of a statement is kept as it was written, white space and all.
  const told = (rows) => rows.map(({ type, name, sql }) => [type, name, sql?.replaceAll(/\s+/g, " ").trim()]);
  assert.deepEqual(told(schema(database)), told(schema(plain)));
  plain.close();
});

void test("counters and seats are the rows there are", () => {
  for (const table of ["accounts", "memberships", "users"]) {
    const counted = number("SELECT value FROM counters WHERE name = ?", table);
    assert.equal(counted, number(`SELECT count(*) FROM ${table}`), table);
  }
  const wrong = `SELECT count(*) FROM accounts WHERE member_count <>
    (SELECT count(*) FROM memberships WHERE account_id = accounts.id)`;
  assert.equal(number(wrong), 0);
  assert.equal(number("SELECT member_count FROM accounts WHERE slug = ?", shapes.crowd), shapes.members);
});

void test("every account has an active owner, and history in the order of time", () => {
  const ownerless = "SELECT count(*) FROM accounts WHERE id NOT IN (SELECT account_id FROM active_owners)";
  assert.equal(number(ownerless), 0);
  const made = "SELECT count(*) FROM audit_rows WHERE action = 'account.created'";
  assert.equal(number(made), number("SELECT count(*) FROM accounts"));
  const disordered =
    "SELECT count(*) FROM audit_rows AS a JOIN audit_rows AS b ON b.id = a.id + 1 AND b.at < a.at";
  assert.equal(number(disordered), 0);
});

void test("searches find what the titles say: some twenty, and a tenth", () => {
  const found = (term) =>
    number("SELECT count(*) FROM accounts_search WHERE accounts_search MATCH ?", `"${term}"`);
  const titled = (term) => number("SELECT count(*) FROM accounts WHERE instr(title_key, ?)", term);
  assert.equal(found(rareWord), 20);
  assert.equal(found(commonWord), accounts / 10);
  assert.deepEqual([titled(rareWord), titled(commonWord)], [20, accounts / 10]);
  const users = number("SELECT count(*) FROM users_search WHERE users_search MATCH ?", '"@example.com"');
  assert.equal(users, number("SELECT count(*) FROM users") - Object.keys(callers).length);
});

void test("the same seed makes the same names", async () => {
  const again = await mkdtemp(join(tmpdir(), "bench-data-"));
  await prepareState(again, accounts);
  const other = new DatabaseSync(await databaseFile(again));
  const names = (of) => of.prepare("SELECT uuid, slug, title FROM accounts ORDER BY id").all();
  assert.deepEqual(names(other), names(database));
  other.close();
  await rm(again, { recursive: true });
});

void test("the service and the bare worker answer every operation from it", async () => {
  const world = await startWorld(accounts);
  try {
    for (const operation of await prepareOperations(world)) {
      for (const worker of ["ours", "bare"]) {
        const answer = await ask(world, world.address[worker], operation);
        assert.ok(answer.ok, `${operation.name} of ${worker}`);
        await answer.arrayBuffer();
      }
      const { trips, rowsWritten, objectCalls } = await costOf(world, operation);
      const [most, calls] =
        rowsWritten > 0
          ? [2, 0]
          : [1, operation.bare === "increment" || operation.bare === "readUsage" ? 1 : 0];
      assert.ok(trips <= most, `${operation.name} takes ${trips} trips`);
      assert.equal(objectCalls, calls, operation.name);
    }
  } finally {
    await world.dispose();
  }
});
