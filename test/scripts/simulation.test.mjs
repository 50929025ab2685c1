import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Random } from "../../bench/data/random.ts";
import { apportion, makeDay, minutesADay } from "../../bench/simulation/day.ts";
import { fill, furtherMembers, proportions } from "../../bench/simulation/fill.ts";
import { dollarsOf, monthlyDollars, prices } from "../../bench/simulation/limits.ts";
import { assumptions, sumOver } from "../../bench/simulation/load.ts";
import { habits, mix } from "../../bench/simulation/mix.ts";
import { comfortable, databasesFor, endOf, resources, simulate } from "../../bench/simulation/model.ts";
import { meanWait, quantile, utilisation } from "../../bench/simulation/queueing.ts";
import { continents, regionCosts } from "../../bench/simulation/regions.ts";
import { weighDatabase } from "../../bench/simulation/weigh.ts";
import { sumOverRanks, zipf } from "../../bench/simulation/zipf.ts";

const sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const sum = (values) => values.reduce((one, other) => one + other, 0);

void test("what the mix says an operation costs is what the tests of costs have measured", async () => {
  const files = ["accounts", "organizations"].map((api) => `test/support/costs/${api}.ts`);
  const costs = (await Promise.all(files.map((path) => readFile(path, "utf8")))).join("\n");
  for (const { id, trips, read, written } of mix) {
    const [, cost = ""] = new RegExp(`^  ${id}: \\{$(.*?)^  \\},$`, "ms").exec(costs) ?? [];
    const measured = ["trips", "read", "written"].map((field) =>
      Number(new RegExp(`^    ${field}: (\\d+),$`, "m").exec(cost)?.[1]),
    );
    assert.deepEqual([id, ...measured], [id, trips, read, written]);
  }
});

void test("a replica answers what READ_REPLICAS lets it, and nothing else", async () => {
  const source = await readFile("src/http/replicas.ts", "utf8");
  const [, list = ""] = /readAnywhere.*?\(\[(.*?)\]\)/s.exec(source) ?? [];
  const anywhere = new Set(Array.from(list.matchAll(/"(\w+)"/g), ([, id]) => id));
  assert.ok(anywhere.has("getAccount"));
  for (const { id, replica = false } of mix) assert.deepEqual([id, replica], [id, anywhere.has(id)]);
});

void test("a day asks as often as the mix says, in whole requests", () => {
  const day = makeDay(12_345, 1);
  for (const [{ daily }, minutes] of day) {
    assert.equal(minutes.length, minutesADay);
    assert.ok(minutes.every((asked) => Number.isInteger(asked) && asked >= 0));
    assert.equal(sum(minutes), Math.round(daily * 12_345));
  }
  const asked = sum(mix.map(({ daily }) => Math.round(daily * 12_345)));
  assert.equal(
    sumOver(day, () => 1),
    asked,
  );
  assert.equal(simulate(12_345).requestsADay, asked);
});

void test("what is shared out adds up", () => {
  assert.deepEqual(apportion(10, [1, 1, 2]), [3, 2, 5]);
  assert.equal(sum(apportion(999_983, [0.1, 7, 0, 3.3, 1e-9])), 999_983);
});

void test("a seed tells the day, and another seed another", () => {
  assert.deepEqual(simulate(50_000), simulate(50_000));
  assert.notDeepEqual(simulate(50_000).peak, simulate(50_000, { ...assumptions, seed: 2 }).peak);
});

void test("the more accounts, the more of every limit is used", () => {
  const outcomes = sizes.map((accounts) => simulate(accounts));
  for (const resource of resources) {
    const used = outcomes.map((outcome) => outcome.used[resource]);
    assert.deepEqual(
      used,
      used.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(used).size, used.length);
  }
});

void test("a resource is used as far as is comfortable where it ends", () => {
  for (const resource of resources) {
    const { used } = simulate(endOf(resource));
    assert.ok(Math.abs(used[resource] - comfortable) < 0.01, `${resource}: ${used[resource]}`);
  }
});

void test("one database is enough until the first of its limits, and two from there on", () => {
  const end = Math.min(endOf("database's time"), endOf("database's bytes"));
  assert.equal(databasesFor(simulate(1_000)), 1);
  assert.equal(databasesFor(simulate(Math.round(end * 0.98))), 1);
  assert.equal(databasesFor(simulate(Math.round(end * 1.02))), 2);
});

void test("what a replica answers no longer comes to the primary, and nothing else changes", () => {
  const primary = simulate(100_000);
  const replicas = simulate(100_000, { ...assumptions, replicas: true });
  assert.ok(replicas.peak.reads < primary.peak.reads);
  assert.deepEqual(replicas.usage, primary.usage);
  assert.equal(replicas.peak.writes, primary.peak.writes);
});

void test("an object that tells later writes less to the database", () => {
  const later = simulate(100_000, { ...assumptions, mirrorSeconds: 3_600 });
  assert.ok(later.peak.mirrors < simulate(100_000).peak.mirrors);
});

void test("a price is for what is past the included amount, and in proportion to it", () => {
  for (const [item, { included, dollars, each }] of Object.entries(prices)) {
    assert.equal(dollarsOf(item, included), 0);
    assert.ok(Math.abs(dollarsOf(item, included + each) - dollars) < 1e-6);
    assert.ok(Math.abs(dollarsOf(item, included + 7 * each) - 7 * dollars) < 1e-6);
  }
  const nothing = Object.fromEntries(Object.keys(prices).map((item) => [item, 0]));
  assert.equal(monthlyDollars(nothing), 5);
});

void test("twice the accounts ask twice as much of what is billed by the request", () => {
  const [one, two] = [simulate(100_000).usage, simulate(200_000).usage];
  for (const item of ["Workers, requests", "D1, rows read", "R2, class B", "Queues, operations"]) {
    assert.equal(two[item], 2 * one[item]);
  }
});

void test("the bill is the plan and the sum of its items", () => {
  const { dollars, dollarsByItem } = simulate(1_000_000);
  assert.ok(Math.abs(dollars - 5 - sum(Object.values(dollarsByItem))) < 1e-6);
});

void test("docs/scale.md tells what the simulation tells", async () => {
  const rows = tableRows(await readFile("docs/scale.md", "utf8"));
  const told = rows.filter((row) => row.length === 10 && /^[\d,]+$/.test(row[0] ?? ""));
  assert.equal(told.length, sizes.length + 2);
  for (const [size, requests, writes, time, bytes, , , , databases, dollars] of told.map(numbers)) {
    const outcome = simulate(size);
    const near = (number, exact) => Math.abs(number - exact) <= Math.max(0.5, exact * 0.01);
    assert.ok(near(requests, outcome.peak.requests), `${size}: ${outcome.peak.requests} requests`);
    assert.ok(near(writes, outcome.peak.writes), `${size}: ${outcome.peak.writes} writes`);
    assert.ok(
      near(time, outcome.used["database's time"] * 100),
      `${size}: ${outcome.used["database's time"]}`,
    );
    assert.ok(
      near(bytes, outcome.used["database's bytes"] * 100),
      `${size}: ${outcome.used["database's bytes"]}`,
    );
    assert.equal(databases, databasesFor(outcome));
    assert.equal(dollars, Math.round(outcome.dollars));
  }
  const regions = Object.fromEntries(rows.map(([name = "", ...cells]) => [name, numbers(cells)]));
  for (const { from, read, readFromReplica, write, incrementInEurope, incrementInUs } of regionCosts()) {
    assert.deepEqual(
      [from, regions[from]],
      [from, [read, readFromReplica, write, incrementInEurope, incrementInUs]],
    );
  }
});

void test("npm run bench:simulate prints one document, and refuses what is no number of accounts", () => {
  const run = (...args) => spawnSync("node", ["bench/simulation/simulate.ts", ...args], { encoding: "utf8" });
  const { outcomes, ends } = JSON.parse(run("--json", "--accounts", "1000").stdout);
  assert.deepEqual(outcomes, [simulate(1_000)]);
  assert.deepEqual(Object.keys(ends), [...resources]);
  const { status, stderr } = run("--accounts", "many");
  assert.equal(status, 1);
  assert.equal(stderr, '--accounts is a number above 0, not "many"\n');
});

void test("the wait in a queue is that of arrivals played one by one", () => {
  for (const rate of [200, 500, 800]) {
    const queue = { rate, service: 1 };
    const took = play(queue, 400_000).toSorted((one, other) => one - other);
    const mean = sum(took) / took.length - queue.service;
    assert.ok(Math.abs(mean - meanWait(queue)) < 0.1 * meanWait(queue), `${rate}: ${mean}`);
    for (const part of [0.5, 0.99]) {
      const played = took[Math.floor(part * took.length)];
      assert.ok(Math.abs(played - quantile(queue, part)) < 0.15 * played, `${rate}, ${part}: ${played}`);
    }
  }
});

void test("a queue past saturation never ends, and an idle one is no wait", () => {
  assert.equal(utilisation({ rate: 500, service: 2 }), 1);
  assert.equal(meanWait({ rate: 500, service: 2 }), Infinity);
  assert.equal(quantile({ rate: 501, service: 2 }, 0.5), Infinity);
  assert.equal(quantile({ rate: 1, service: 2 }, 0.5), 2);
  assert.equal(simulate(10_000_000).trip.p99, null);
});

void test("Zipf's shares add up, and the first is the largest", () => {
  const share = zipf(100_000, 1);
  assert.ok(Math.abs(sumOverRanks(100_000, share) - 1) < 1e-9);
  const exact = sum(Array.from({ length: 100_000 }, (_, rank) => 1 / (rank + 1)));
  assert.ok(Math.abs(share(1) * exact - 1) < 1e-3);
  assert.ok(Math.abs(share(1) / share(10) - 10) < 1e-9);
});

void test("the continents are the world, and a write is two ways where a read is one", () => {
  assert.ok(Math.abs(sum(continents.map(({ share }) => share)) - 1) < 1e-9);
  for (const { read, write, readFromReplica } of regionCosts()) {
    assert.equal(write, 2 * read);
    assert.ok(readFromReplica <= read);
  }
});

void test("the database that is weighed is whole, and in its proportions", () => {
  const database = new DatabaseSync(":memory:");
  fill(database, 500);
  assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
  const count = (table) => Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get().rows);
  assert.equal(count("accounts"), 500);
  assert.equal(count("users"), 500 * proportions.usersAnAccount);
  assert.equal(count("invites"), 500 / proportions.accountsAnInvite);
  assert.equal(count("audit_rows"), 500 * proportions.auditRowsAnAccount);
  assert.equal(count("memberships"), 500 + sum(furtherMembers(500)));
  assert.equal(
    Number(database.prepare("SELECT sum(member_count) AS sum FROM accounts").get().sum),
    count("memberships"),
  );
  database.close();
});

void test("accounts have three members on average, and the largest five thousand", () => {
  const further = furtherMembers(100_000);
  assert.ok(Math.abs(sum(further) / 100_000 + 1 - proportions.membersAnAccount) < 0.05);
  assert.equal(further[0], proportions.mostMembers);
});

void test("what the simulation takes an account to weigh is what one weighs", () => {
  const all = weighDatabase(1_000).find(({ part }) => part === "all");
  const taken = habits.accountBytes + habits.historyBytesAYear;
  assert.ok(Math.abs(all.bytesAnAccount - taken) < 0.05 * taken, `${all.bytesAnAccount} bytes`);
});

/** The cells of every row of a document's tables. */
function tableRows(text) {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function numbers(cells) {
  return cells.map((cell) => Number(cell.replaceAll(/[^\d.]/g, "")));
}

/** What each of so many arrivals takes, waiting included. */
function play({ rate, service }, arrivals) {
  const random = new Random(7);
  let [now, free] = [0, 0];
  return Array.from({ length: arrivals }, () => {
    now += (-Math.log((random.next() + 1) / 2 ** 32) * 1_000) / rate;
    free = Math.max(now, free) + service;
    return free - now;
  });
}
