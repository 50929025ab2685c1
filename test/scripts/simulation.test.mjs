import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Random } from "../../bench/data/random.ts";
import { apportion, makeDay, minutesPerDay } from "../../bench/simulation/day.ts";
import { additionalMembers, fillDatabase, proportions } from "../../bench/simulation/fill-database.ts";
import { dollarsOf, monthlyDollars, prices } from "../../bench/simulation/limits.ts";
import { assumptions, sumOver } from "../../bench/simulation/load.ts";
import { mix, profile } from "../../bench/simulation/mix.ts";
import {
  capacityOf,
  databasesFor,
  maxUtilisation,
  resources,
  simulate,
} from "../../bench/simulation/model.ts";
import { meanWait, quantile, utilisation } from "../../bench/simulation/queueing.ts";
import { continents, regionCosts } from "../../bench/simulation/regions.ts";
import { measureDatabase } from "../../bench/simulation/measure-size.ts";
import { sumOverRanks, zipf } from "../../bench/simulation/zipf.ts";

const sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const sum = (values) => values.reduce((one, other) => one + other, 0);

void test("the costs of the mix are those of the cost tests", async () => {
  const files = ["accounts", "organizations"].map((api) => `test/support/costs/${api}.ts`);
  const costs = (await Promise.all(files.map((path) => readFile(path, "utf8")))).join("\n");
  for (const { id, roundTrips, read, written } of mix) {
    const [, cost = ""] = new RegExp(`^  ${id}: \\{$(.*?)^  \\},$`, "ms").exec(costs) ?? [];
    const measured = ["roundTrips", "read", "written"].map((field) =>
      Number(new RegExp(`^    ${field}: (\\d+),$`, "m").exec(cost)?.[1]),
    );
    assert.deepEqual([id, ...measured], [id, roundTrips, read, written]);
  }
});

void test("the mix reads replicas for exactly the operations that READ_REPLICAS allows", async () => {
  const source = await readFile("src/http/read-replicas.ts", "utf8");
  const [, list = ""] = /replicaReadable.*?\(\[(.*?)\]\)/s.exec(source) ?? [];
  const replicaOperations = new Set(Array.from(list.matchAll(/"(\w+)"/g), ([, id]) => id));
  assert.ok(replicaOperations.has("getAccount"));
  for (const { id, replica = false } of mix) assert.deepEqual([id, replica], [id, replicaOperations.has(id)]);
});

void test("a day has the requests of the mix, in whole numbers", () => {
  const day = makeDay(12_345, 1);
  for (const [{ daily }, minutes] of day) {
    assert.equal(minutes.length, minutesPerDay);
    assert.ok(minutes.every((requests) => Number.isInteger(requests) && requests >= 0));
    assert.equal(sum(minutes), Math.round(daily * 12_345));
  }
  const total = sum(mix.map(({ daily }) => Math.round(daily * 12_345)));
  assert.equal(
    sumOver(day, () => 1),
    total,
  );
  assert.equal(simulate(12_345).requestsPerDay, total);
});

void test("an apportioned number is the sum of its parts", () => {
  assert.deepEqual(apportion(10, [1, 1, 2]), [3, 2, 5]);
  assert.equal(sum(apportion(999_983, [0.1, 7, 0, 3.3, 1e-9])), 999_983);
});

void test("the same seed gives the same day, and another seed another day", () => {
  assert.deepEqual(simulate(50_000), simulate(50_000));
  assert.notDeepEqual(simulate(50_000).peak, simulate(50_000, { ...assumptions, seed: 2 }).peak);
});

void test("the utilisation of each limit grows with the number of accounts", () => {
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

void test("a resource at its capacity has the acceptable utilisation", () => {
  for (const resource of resources) {
    const { used } = simulate(capacityOf(resource));
    assert.ok(Math.abs(used[resource] - maxUtilisation) < 0.01, `${resource}: ${used[resource]}`);
  }
});

void test("one database is enough up to the first of its limits, and two above it", () => {
  const capacity = Math.min(capacityOf("database time"), capacityOf("database size"));
  assert.equal(databasesFor(simulate(1_000)), 1);
  assert.equal(databasesFor(simulate(Math.round(capacity * 0.98))), 1);
  assert.equal(databasesFor(simulate(Math.round(capacity * 1.02))), 2);
});

void test("replicas reduce the reads of the primary and change nothing else", () => {
  const primary = simulate(100_000);
  const replicas = simulate(100_000, { ...assumptions, replicas: true });
  assert.ok(replicas.peak.reads < primary.peak.reads);
  assert.deepEqual(replicas.usage, primary.usage);
  assert.equal(replicas.peak.writes, primary.peak.writes);
});

void test("objects that sync later write less to the database", () => {
  const later = simulate(100_000, { ...assumptions, syncSeconds: 3_600 });
  assert.ok(later.peak.syncs < simulate(100_000).peak.syncs);
});

void test("prices are proportional to the amount above the included one", () => {
  for (const [item, { included, dollars, each }] of Object.entries(prices)) {
    assert.equal(dollarsOf(item, included), 0);
    assert.ok(Math.abs(dollarsOf(item, included + each) - dollars) < 1e-6);
    assert.ok(Math.abs(dollarsOf(item, included + 7 * each) - 7 * dollars) < 1e-6);
  }
  const nothing = Object.fromEntries(Object.keys(prices).map((item) => [item, 0]));
  assert.equal(monthlyDollars(nothing), 5);
});

void test("twice the accounts use twice as much of items billed per request", () => {
  const [one, two] = [simulate(100_000).usage, simulate(200_000).usage];
  for (const item of ["Workers, requests", "D1, rows read", "R2, class B", "Queues, operations"]) {
    assert.equal(two[item], 2 * one[item]);
  }
});

void test("the total price is the base price and the sum of the items", () => {
  const { dollars, dollarsByItem } = simulate(1_000_000);
  assert.ok(Math.abs(dollars - 5 - sum(Object.values(dollarsByItem))) < 1e-6);
});

void test("docs/scale.md has the results of the simulation", async () => {
  const rows = tableRows(await readFile("docs/scale.md", "utf8"));
  const sizeRows = rows.filter((row) => row.length === 10 && /^[\d,]+$/.test(row[0] ?? ""));
  assert.equal(sizeRows.length, sizes.length + 2);
  for (const [size, requests, writes, time, bytes, , , , databases, dollars] of sizeRows.map(numbers)) {
    const outcome = simulate(size);
    const near = (number, exact) => Math.abs(number - exact) <= Math.max(0.5, exact * 0.01);
    assert.ok(near(requests, outcome.peak.requests), `${size}: ${outcome.peak.requests} requests`);
    assert.ok(near(writes, outcome.peak.writes), `${size}: ${outcome.peak.writes} writes`);
    assert.ok(near(time, outcome.used["database time"] * 100), `${size}: ${outcome.used["database time"]}`);
    assert.ok(near(bytes, outcome.used["database size"] * 100), `${size}: ${outcome.used["database size"]}`);
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

void test("the simulation prints JSON and rejects an invalid number of accounts", () => {
  const run = (...args) => spawnSync("node", ["bench/simulation/simulate.ts", ...args], { encoding: "utf8" });
  const { outcomes, capacities } = JSON.parse(run("--json", "--accounts", "1000").stdout);
  assert.deepEqual(outcomes, [simulate(1_000)]);
  assert.deepEqual(Object.keys(capacities), [...resources]);
  const { status, stderr } = run("--accounts", "many");
  assert.equal(status, 1);
  assert.equal(stderr, '--accounts must be a number above 0, not "many"\n');
});

void test("the wait of the formulas is that of simulated arrivals", () => {
  for (const rate of [200, 500, 800]) {
    const queue = { rate, service: 1 };
    const times = simulateArrivals(queue, 400_000).toSorted((one, other) => one - other);
    const mean = sum(times) / times.length - queue.service;
    assert.ok(Math.abs(mean - meanWait(queue)) < 0.1 * meanWait(queue), `${rate}: ${mean}`);
    for (const part of [0.5, 0.99]) {
      const simulated = times[Math.floor(part * times.length)];
      assert.ok(
        Math.abs(simulated - quantile(queue, part)) < 0.15 * simulated,
        `${rate}, ${part}: ${simulated}`,
      );
    }
  }
});

void test("a saturated queue has an infinite wait, and an idle one none", () => {
  assert.equal(utilisation({ rate: 500, service: 2 }), 1);
  assert.equal(meanWait({ rate: 500, service: 2 }), Infinity);
  assert.equal(quantile({ rate: 501, service: 2 }, 0.5), Infinity);
  assert.equal(quantile({ rate: 1, service: 2 }, 0.5), 2);
  assert.equal(simulate(10_000_000).queryTime.p99, null);
});

void test("the shares of Zipf's law add up to one, and the first is the largest", () => {
  const share = zipf(100_000, 1);
  assert.ok(Math.abs(sumOverRanks(100_000, share) - 1) < 1e-9);
  const exact = sum(Array.from({ length: 100_000 }, (_, rank) => 1 / (rank + 1)));
  assert.ok(Math.abs(share(1) * exact - 1) < 1e-3);
  assert.ok(Math.abs(share(1) / share(10) - 10) < 1e-9);
});

void test("the continents' shares add up to one, and a write takes two round trips and a read one", () => {
  assert.ok(Math.abs(sum(continents.map(({ share }) => share)) - 1) < 1e-9);
  for (const { read, write, readFromReplica } of regionCosts()) {
    assert.equal(write, 2 * read);
    assert.ok(readFromReplica <= read);
  }
});

void test("the filled database is consistent and has the given proportions", () => {
  const database = new DatabaseSync(":memory:");
  fillDatabase(database, 500);
  assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
  const count = (table) => Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get().rows);
  assert.equal(count("accounts"), 500);
  assert.equal(count("users"), 500 * proportions.usersPerAccount);
  assert.equal(count("invites"), 500 / proportions.accountsPerInvitation);
  assert.equal(count("audit_rows"), 500 * proportions.auditRowsPerAccount);
  assert.equal(count("memberships"), 500 + sum(additionalMembers(500)));
  assert.equal(
    Number(database.prepare("SELECT sum(member_count) AS sum FROM accounts").get().sum),
    count("memberships"),
  );
  database.close();
});

void test("accounts have three members on average, and the largest has five thousand", () => {
  const members = additionalMembers(100_000);
  assert.ok(Math.abs(sum(members) / 100_000 + 1 - proportions.membersPerAccount) < 0.05);
  assert.equal(members[0], proportions.maxMembers);
});

void test("the simulation's size of an account is the measured one", () => {
  const total = measureDatabase(1_000).find(({ part }) => part === "total");
  const assumed = profile.accountBytes + profile.historyBytesPerYear;
  assert.ok(Math.abs(total.bytesPerAccount - assumed) < 0.05 * assumed, `${total.bytesPerAccount} bytes`);
});

/** Returns the cells of each row of a document's tables. */
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

/** Returns the time of each arrival in a simulated queue, wait included. */
function simulateArrivals({ rate, service }, arrivals) {
  const random = new Random(7);
  let [now, free] = [0, 0];
  return Array.from({ length: arrivals }, () => {
    now += (-Math.log((random.next() + 1) / 2 ** 32) * 1_000) / rate;
    free = Math.max(now, free) + service;
    return free - now;
  });
}
