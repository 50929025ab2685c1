/**
 * Simulates a day and prints the utilisation of the platform's limits and the monthly costs: `npm run bench:simulate`.
 *
 * Six sizes, or one with `--accounts N` and each billed item; `--json` prints JSON. Options for the assumptions of
 * docs/scale.md: `--read-ms`, `--write-ms`, `--sync-seconds`, `--years`, `--seed`, `--replicas`.
 */
import { parseArgs } from "node:util";

import { CliError, main } from "../../scripts/cli.ts";
import { asOf } from "./limits.ts";
import { assumptions, type Assumptions } from "./load.ts";
import {
  bottleneckOf,
  capacityOf,
  databasesFor,
  maxUtilisation,
  resources,
  simulate,
  type Outcome,
} from "./model.ts";
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
      "sync-seconds": { type: "string", default: String(assumptions.syncSeconds) },
      years: { type: "string", default: String(assumptions.years) },
    },
  });
  const given: Assumptions = {
    seed: number("seed", values.seed),
    readMilliseconds: number("read-ms", values["read-ms"]),
    writeMilliseconds: number("write-ms", values["write-ms"]),
    replicas: values.replicas,
    syncSeconds: number("sync-seconds", values["sync-seconds"]),
    years: number("years", values.years),
  };
  const accountNumbers = values.accounts === undefined ? sizes : [number("accounts", values.accounts)];
  const outcomes = accountNumbers.map((accounts) => simulate(accounts, given));
  const capacities = Object.fromEntries(resources.map((resource) => [resource, capacityOf(resource, given)]));
  const document = { asOf, assumptions: given, outcomes, capacities, regions: regionCosts() };
  if (values.json) console.log(JSON.stringify(document, null, 2));
  else print(document);
});

interface Document {
  readonly outcomes: readonly Outcome[];
  readonly capacities: Readonly<Record<string, number>>;
  readonly regions: readonly object[];
}

function print({ outcomes, capacities, regions }: Document): void {
  console.table(outcomes.map(tableRow));
  const [only, ...others] = outcomes;
  if (only !== undefined && others.length === 0) {
    const items = Object.entries(only.dollarsByItem).filter(([, dollars]) => dollars > 0);
    console.table(
      Object.fromEntries(items.map(([item, dollars]) => [item, { "$ a month": round(dollars) }])),
    );
  }
  console.log(
    `Accounts at which one database, one object and one queue reach ${maxUtilisation * 100} % utilisation:`,
  );
  console.table(capacities);
  console.log("Milliseconds that distance adds to a request, with the database in Western Europe:");
  console.table(regions);
}

function tableRow(outcome: Outcome) {
  const { accounts, peak, used, queryTime, dollars } = outcome;
  return {
    accounts,
    "requests/s": round(peak.requests),
    "reads/s": round(peak.reads),
    "writes/s": round(peak.writes),
    "db time": percent(used["database time"]),
    "db size": percent(used["database size"]),
    object: percent(used["busiest object"]),
    "p50 ms": queryTime.p50 === null ? "saturated" : Number(queryTime.p50.toFixed(1)),
    "p99 ms": queryTime.p99 === null ? "saturated" : Number(queryTime.p99.toFixed(1)),
    bottleneck: bottleneckOf(outcome),
    databases: databasesFor(outcome),
    "$ a month": round(dollars),
  };
}

function round(value: number): number {
  return value < 10 ? Number(value.toFixed(1)) : Math.round(value);
}

function percent(part: number): string {
  return `${round(part * 100)} %`;
}

function number(name: string, given: string): number {
  const value = Number(given);
  if (Number.isFinite(value) && value > 0) return value;
  throw new CliError(`--${name} must be a number above 0, not ${JSON.stringify(given)}`);
}
