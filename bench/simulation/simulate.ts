/**
 * Plays a day of accounts through the limits of the platform and prints what ends where and what a month
 * costs: six sizes, or one with `--accounts N` and each item of its bill; `--json` prints one document. What
 * `docs/scale.md` assumes can be changed: `--read-ms`, `--write-ms`, `--mirror-seconds`, `--years`, `--seed`, `--replicas`.
 */
import { parseArgs } from "node:util";

import { CliError, main } from "../../scripts/cli.ts";
import { asOf } from "./limits.ts";
import { assumptions, type Assumptions } from "./load.ts";
import { comfortable, databasesFor, endOf, firstToEnd, resources, simulate, type Outcome } from "./model.ts";
import { regionCosts } from "./regions.ts";

const sizes = [1_000, 10_000, 100_000, 1_000_000, 3_000_000, 10_000_000];

await main(async () => {
  const { values } = parseArgs({
    options: {
      accounts: { type: "string" },
      json: { type: "boolean", default: false },
      replicas: { type: "boolean", default: false },
      seed: { type: "string", default: String(assumptions.seed) },
      "read-ms": { type: "string", default: String(assumptions.readMilliseconds) },
      "write-ms": { type: "string", default: String(assumptions.writeMilliseconds) },
      "mirror-seconds": { type: "string", default: String(assumptions.mirrorSeconds) },
      years: { type: "string", default: String(assumptions.years) },
    },
  });
  const given: Assumptions = {
    seed: number("seed", values.seed),
    readMilliseconds: number("read-ms", values["read-ms"]),
    writeMilliseconds: number("write-ms", values["write-ms"]),
    replicas: values.replicas,
    mirrorSeconds: number("mirror-seconds", values["mirror-seconds"]),
    years: number("years", values.years),
  };
  const wanted = values.accounts === undefined ? sizes : [number("accounts", values.accounts)];
  const outcomes = wanted.map((accounts) => simulate(accounts, given));
  const ends = Object.fromEntries(resources.map((resource) => [resource, endOf(resource, given)]));
  const document = { asOf, assumptions: given, outcomes, ends, regions: regionCosts() };
  if (values.json) console.log(JSON.stringify(document, null, 2));
  else print(document);
});

interface Document {
  readonly outcomes: readonly Outcome[];
  readonly ends: Readonly<Record<string, number>>;
  readonly regions: readonly object[];
}

function print({ outcomes, ends, regions }: Document): void {
  console.table(outcomes.map(line));
  const [only, ...others] = outcomes;
  if (only !== undefined && others.length === 0) {
    const items = Object.entries(only.dollarsByItem).filter(([, dollars]) => dollars > 0);
    console.table(
      Object.fromEntries(items.map(([item, dollars]) => [item, { "$ a month": whole(dollars) }])),
    );
  }
  console.log(`Accounts at which one database, one object and one queue are used to ${comfortable * 100} %:`);
  console.table(ends);
  console.log("Milliseconds a request waits for the way, the database in Western Europe:");
  console.table(regions);
}

function line(outcome: Outcome) {
  const { accounts, peak, used, trip, dollars } = outcome;
  return {
    accounts,
    "requests/s": whole(peak.requests),
    "reads/s": whole(peak.reads),
    "writes/s": whole(peak.writes),
    "db time": percent(used["database's time"]),
    "db bytes": percent(used["database's bytes"]),
    object: percent(used["hottest object's calls"]),
    "p50 ms": trip.p50 === null ? "never" : Number(trip.p50.toFixed(1)),
    "p99 ms": trip.p99 === null ? "never" : Number(trip.p99.toFixed(1)),
    first: firstToEnd(outcome),
    databases: databasesFor(outcome),
    "$ a month": whole(dollars),
  };
}

function whole(value: number): number {
  return value < 10 ? Number(value.toFixed(1)) : Math.round(value);
}

function percent(part: number): string {
  return `${whole(part * 100)} %`;
}

function number(name: string, given: string): number {
  const value = Number(given);
  if (Number.isFinite(value) && value > 0) return value;
  throw new CliError(`--${name} is a number above 0, not ${JSON.stringify(given)}`);
}
