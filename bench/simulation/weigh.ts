/** Weighs what accounts leave: `node bench/simulation/weigh.ts [--accounts N]` prints bytes and rows an account. */
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";

import { metrics } from "../../src/domain/usage/usage.ts";
import { fill } from "./fill.ts";

const hoursAYear = 365 * 24;

if (import.meta.main) {
  const { values } = parseArgs({ options: { accounts: { type: "string", default: "1000" } } });
  const accounts = Number(values.accounts);
  console.log(`${accounts} accounts after a year`);
  console.table(weighDatabase(accounts));
  console.log("one usage object after a year");
  console.table(await weighObjects());
}

export interface Weight {
  readonly part: string;
  readonly rows: number;
  readonly bytesAnAccount: number;
}

/** The tables of a database filled with so many accounts, each with its indexes, the heaviest first. */
export function weighDatabase(accounts: number): Weight[] {
  const database = new DatabaseSync(":memory:");
  fill(database, accounts);
  const parts = database
    .prepare(
      `SELECT coalesce(schema.tbl_name, dbstat.name) AS owner, sum(pgsize) AS bytes FROM dbstat
       LEFT JOIN sqlite_schema AS schema ON schema.name = dbstat.name GROUP BY owner ORDER BY bytes DESC`,
    )
    .all();
  const weights = parts.map(({ owner, bytes }) => ({
    part: String(owner),
    rows: rowsOf(database, String(owner)),
    bytesAnAccount: Math.round(Number(bytes) / accounts),
  }));
  database.close();
  const sum = weights.reduce((all, { bytesAnAccount }) => all + bytesAnAccount, 0);
  return [
    ...weights.filter(({ bytesAnAccount }) => bytesAnAccount > 0),
    { part: "all", rows: 0, bytesAnAccount: sum },
  ];
}

function rowsOf(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS rows FROM "${table}"`).get()?.["rows"]);
}

/** Accounts that count in other ways, and the bytes their objects hold after a year. */
export async function weighObjects(): Promise<Weight[]> {
  const kinds = [
    { part: "nothing counted but once", hours: 1, boxes: 0, events: 0 },
    { part: "increments in every working hour", hours: 8 * 250, boxes: 0, events: 0 },
    { part: "increments in every hour", hours: hoursAYear, boxes: 0, events: 0 },
    { part: "events of 3 knowledge boxes in every hour", hours: hoursAYear, boxes: 3, events: 100_000 },
    { part: "the same with a million events", hours: hoursAYear, boxes: 3, events: 1_000_000 },
  ];
  const weights: Weight[] = [];
  for (const kind of kinds) weights.push(await weighObject(kind));
  return weights;
}

interface Kind {
  readonly part: string;
  /** Hours in which anything was counted, spread over the year. */
  readonly hours: number;
  readonly boxes: number;
  readonly events: number;
}

/** A migration of the tables of a usage object. */
interface Migration {
  readonly apply: (sql: { exec: (text: string) => void }) => void;
}

async function weighObject({ part, hours, boxes, events }: Kind): Promise<Weight> {
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
  const marks = metrics.map(() => "?").join(", ");
  // Events move five metrics, increments one.
  const counts = metrics.map((name, place) => (name === "usage" || (boxes > 0 && place < 5) ? 123_456 : 0));
  for (const [table, length, number] of [
    ["hours", 3_600_000, hours],
    ["days", 86_400_000, Math.ceil(Math.min(365, hours / 8))],
  ] as const) {
    const bucket = database.prepare(
      `INSERT INTO ${table} (knowledgebox, at, ${columns}) VALUES (?, ?, ${marks})`,
    );
    for (const name of names) {
      for (let place = 0; place < number; place += 1)
        bucket.run(name, Date.UTC(2026, 0, 1) + place * length, ...counts);
    }
  }
  const seen = database.prepare("INSERT INTO seen_events (block, hash, at) VALUES (?, randomblob(16), ?)");
  for (let event = 0; event < events; event += 1) {
    seen.run(2_050 + Math.floor((event * 36) / events), Date.UTC(2026, 0, 1));
  }
  database.exec("COMMIT");
  const bytes = Number(database.prepare("SELECT sum(pgsize) AS bytes FROM dbstat").get()?.["bytes"]);
  database.close();
  return { part, rows: hours * names.length + events, bytesAnAccount: bytes };
}
