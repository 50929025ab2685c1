import type { Span, Sums } from "../domain/usage/buckets.ts";
import type { BucketSums } from "../domain/usage/events.ts";
import { type Metric, metrics } from "../domain/usage/usage.ts";

type Table = "hours" | "days";

const columns = metrics.join(", ");
const upserts = { hours: upsertInto("hours", metrics), days: upsertInto("days", metrics) };
const usageUpserts = { hours: upsertInto("hours", ["usage"]), days: upsertInto("days", ["usage"]) };

/** Adds to buckets, one row written for each; they are summed beforehand, so that many events cost as few rows. */
export function addToBuckets(sql: SqlStorage, table: Table, buckets: readonly BucketSums[]): void {
  for (const { knowledgebox, at, sums } of buckets) sql.exec(upserts[table], knowledgebox, at, ...sums);
}

/** Adds usage to one bucket of all knowledge boxes together. Naming that metric alone takes a third of the time. */
export function addUsage(sql: SqlStorage, table: Table, at: number, amount: number): void {
  sql.exec(usageUpserts[table], "", at, amount);
}

/** The buckets of a stretch of time that are not empty, of one knowledge box or – without a name – of all together. */
export function readBuckets(sql: SqlStorage, table: Table, knowledgebox: string, span: Span): Sums[] {
  const rows = sql.exec(
    `SELECT at, ${columns} FROM ${table} WHERE knowledgebox = ? AND at >= ? AND at < ?`,
    knowledgebox,
    span.start,
    span.end,
  );
  return sumsOf(rows);
}

/** The sums of days, over all knowledge boxes, that are not empty. */
export function readDays(sql: SqlStorage, days: readonly number[]): Sums[] {
  const rows = sql.exec(
    `SELECT at, ${columns} FROM days WHERE knowledgebox = '' AND at IN (SELECT value FROM json_each(?))`,
    JSON.stringify(days),
  );
  return sumsOf(rows);
}

/** Removes at most `step` hours before a time; how many. The names lead to the old ones, so no index by time is written. */
export function pruneHours(sql: SqlStorage, keptFrom: number, step: number): number {
  return sql.exec(
    `DELETE FROM hours WHERE (knowledgebox, at) IN
       (SELECT knowledgebox, at FROM (SELECT '' AS name UNION ALL SELECT name FROM knowledge_boxes)
        CROSS JOIN hours ON knowledgebox = name AND at < ? LIMIT ?)`,
    keptFrom,
    step,
  ).rowsWritten;
}

/** Keeps the names of knowledge boxes; how many are new. */
export function addKnowledgeBoxes(sql: SqlStorage, names: ReadonlySet<string>): number {
  return sql.exec(
    "INSERT INTO knowledge_boxes (name) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
    JSON.stringify([...names]),
  ).rowsWritten;
}

function sumsOf(rows: SqlStorageCursor<Record<string, SqlStorageValue>>): Sums[] {
  return [...rows.raw()].map(([at, ...sums]) => ({ at: Number(at), sums: sums as number[] }));
}

function upsertInto(table: Table, added: readonly Metric[]): string {
  const marks = added.map(() => "?").join(", ");
  const additions = added.map((metric) => `${metric} = ${metric} + excluded.${metric}`).join(", ");
  return `INSERT INTO ${table} (knowledgebox, at, ${added.join(", ")}) VALUES (?, ?, ${marks})
    ON CONFLICT (knowledgebox, at) DO UPDATE SET ${additions}`;
}
