/** Measures the database and usage objects after a year: `node bench/simulation/measure-size.ts [--accounts N]`. */
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";

import { metrics } from "../../src/domain/usage/usage.ts";
import { fillDatabase } from "./fill-database.ts";

const hoursPerYear = 365 * 24;

if (import.meta.main) {
  const { values } = parseArgs({ options: { accounts: { type: "string", default: "1000" } } });
  const accounts = Number(values.accounts);
  console.log(`${accounts} accounts after a year`);
  console.table(measureDatabase(accounts));
  console.log("one usage object after a year");
  console.table(await measureObjects());
}

export interface Size {
  readonly part: string;
  readonly rows: number;
  readonly bytesPerAccount: number;
}

/** Returns the size of each table of a filled database, with its indexes, largest first. */
export function measureDatabase(accounts: number): Size[] {
  const database = new DatabaseSync(":memory:");
  fillDatabase(database, accounts);
  const parts = database
    .prepare(
      `SELECT coalesce(schema.tbl_name, dbstat.name) AS owner, sum(pgsize) AS bytes FROM dbstat
       LEFT JOIN sqlite_schema AS schema ON schema.name = dbstat.name GROUP BY owner ORDER BY bytes DESC`,
    )
    .all();
  const sizes = parts.map(({ owner, bytes }) => ({
    part: String(owner),
    rows: rowsOf(database, String(owner)),
    bytesPerAccount: Math.round(Number(bytes) / accounts),
  }));
  database.close();
  const sum = sizes.reduce((all, { bytesPerAccount }) => all + bytesPerAccount, 0);
  return [
    ...sizes.filter(({ bytesPerAccount }) => bytesPerAccount > 0),
    { part: "total", rows: 0, bytesPerAccount: sum },
  ];
}

function rowsOf(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS rows FROM "${table}"`).get()?.["rows"]);
}

/** Returns the size of usage objects after a year, for accounts with different usage. */
export async function measureObjects(): Promise<Size[]> {
  const cases = [
    { part: "one increment", hours: 1, boxes: 0, events: 0 },
    { part: "increments in each working hour", hours: 8 * 250, boxes: 0, events: 0 },
    { part: "increments in each hour", hours: hoursPerYear, boxes: 0, events: 0 },
    { part: "events of 3 knowledge boxes in each hour", hours: hoursPerYear, boxes: 3, events: 100_000 },
    { part: "the same with a million events", hours: hoursPerYear, boxes: 3, events: 1_000_000 },
  ];
  const sizes: Size[] = [];
  for (const one of cases) sizes.push(await measureObject(one));
  return sizes;
}

interface UsageCase {
  readonly part: string;
  /** Hours with usage, spread over the year. */
  readonly hours: number;
  readonly boxes: number;
  readonly events: number;
}

/** A migration of the tables of a usage object. */
interface Migration {
  readonly apply: (sql: { exec: (text: string) => void }) => void;
}

async function measureObject({ part, hours, boxes, events }: UsageCase): Promise<Size> {
  const database = new DatabaseSync(":memory:");
  // Imported at run time, because the Worker's types conflict with Node's in one program.
  const { migrations }: { migrations: readonly Migration[] } = await import(
    new URL("../../src/durable/migrations.ts", import.meta.url).href
  );
  for (const { apply } of migrations) apply(database);
  database.exec("BEGIN");
  const names = [
    "",
    ...Array.from({ length: boxes }, (_, box) => `00000000-0000-4000-8000-00000000000${box}`),
  ];
  const columns = metrics.join(", ");
  const placeholders = metrics.map(() => "?").join(", ");
  // Events change five metrics, increments one.
  const counts = metrics.map((name, index) => (name === "usage" || (boxes > 0 && index < 5) ? 123_456 : 0));
  for (const [table, length, number] of [
    ["hours", 3_600_000, hours],
    ["days", 86_400_000, Math.ceil(Math.min(365, hours / 8))],
  ] as const) {
    const bucket = database.prepare(
      `INSERT INTO ${table} (knowledgebox, at, ${columns}) VALUES (?, ?, ${placeholders})`,
    );
    for (const name of names) {
      for (let index = 0; index < number; index += 1)
        bucket.run(name, Date.UTC(2026, 0, 1) + index * length, ...counts);
    }
  }
  const seen = database.prepare("INSERT INTO seen_events (block, hash, at) VALUES (?, randomblob(16), ?)");
  for (let event = 0; event < events; event += 1) {
    seen.run(2_050 + Math.floor((event * 36) / events), Date.UTC(2026, 0, 1));
  }
  database.exec("COMMIT");
  const bytes = Number(database.prepare("SELECT sum(pgsize) AS bytes FROM dbstat").get()?.["bytes"]);
  database.close();
  return { part, rows: hours * names.length + events, bytesPerAccount: bytes };
}
