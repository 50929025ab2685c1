/** The tables `hours` and `days`: one row per knowledge box and bucket; the empty name is all of them together. */
import {
  bucketStart,
  foldRange,
  planRange,
  type RangePlan,
  type RangeRejection,
  type RangeRequest,
  type Span,
  type Sums,
} from "../domain/usage/buckets.ts";
import type { BucketSums } from "../domain/usage/events.ts";
import { type Metric, metrics } from "../domain/usage/usage.ts";
import type { AccountState } from "./account-state.ts";

export interface ReadInput extends RangeRequest {
  /** Restricts the sums to one knowledge box; increments belong to none. */
  readonly knowledgebox: string | null;
}

export type ReadResult =
  /** Sums are arrays in the order of `metrics`: thousands of objects with names would dominate the cost of the RPC. */
  | { readonly kind: "points"; readonly points: readonly Sums[] }
  | RangeRejection
  /** A sum exceeds 2^53−1; a finer aggregation may work. */
  | { readonly kind: "too_large" };

/** The storage of an account that has counted something. */
export interface StoredAccount {
  readonly sql: SqlStorage;
  readonly state: AccountState;
}

/** Returns the points of a range, read from rows of days and, at the ends of the range, of hours. */
export function read(account: StoredAccount | undefined, input: ReadInput, now: number): ReadResult {
  const plan = planRange(input, now);
  if (plan.kind !== "plan") return plan;
  const sums = foldRange(plan, account === undefined ? [] : readRows(account, input, plan), metrics.length);
  if (sums === undefined) return { kind: "too_large" };
  return { kind: "points", points: plan.points.map((at, index) => ({ at, sums: sums[index] ?? [] })) };
}

function readRows({ sql, state }: StoredAccount, input: ReadInput, plan: RangePlan): Sums[] {
  const knowledgebox = input.knowledgebox ?? "";
  const rows = [
    ...readBuckets(sql, "days", knowledgebox, plan.days),
    ...plan.hours.flatMap((span) => readBuckets(sql, "hours", knowledgebox, span)),
  ];
  return input.knowledgebox === null ? [...rows, ...currentHourSums(state, plan)] : rows;
}

/** Returns the share of the current hour, which is not in the tables yet, in a range. */
function currentHourSums({ hour, hourUsage }: AccountState, { days, hours }: RangePlan): Sums[] {
  const sums = metrics.map((name) => (name === "usage" ? hourUsage : 0));
  const day = bucketStart("day", hour);
  if (isWithin(days, day)) return [{ at: day, sums }];
  return hours.some((span) => isWithin(span, hour)) ? [{ at: hour, sums }] : [];
}

function isWithin({ start, end }: Span, at: number): boolean {
  return at >= start && at < end;
}

type Table = "hours" | "days";

const columns = metrics.join(", ");
const upserts = { hours: upsertInto("hours", metrics), days: upsertInto("days", metrics) };
const usageUpserts = { hours: upsertInto("hours", ["usage"]), days: upsertInto("days", ["usage"]) };

/** Adds sums to buckets. Writes one row per bucket, however many events were summed. */
export function addToBuckets(sql: SqlStorage, table: Table, buckets: readonly BucketSums[]): void {
  for (const { knowledgebox, at, sums } of buckets) sql.exec(upserts[table], knowledgebox, at, ...sums);
}

/** Adds usage to the bucket of all knowledge boxes. A statement with this metric only takes a third of the time. */
export function addUsage(sql: SqlStorage, table: Table, at: number, amount: number): void {
  sql.exec(usageUpserts[table], "", at, amount);
}

/** Returns the sums of the given days over all knowledge boxes; days without a row are left out. */
export function readDays(sql: SqlStorage, days: readonly number[]): Sums[] {
  const rows = sql.exec(
    `SELECT at, ${columns} FROM days WHERE knowledgebox = '' AND at IN (SELECT value FROM json_each(?))`,
    JSON.stringify(days),
  );
  return toSums(rows);
}

function readBuckets(sql: SqlStorage, table: Table, knowledgebox: string, span: Span): Sums[] {
  const rows = sql.exec(
    `SELECT at, ${columns} FROM ${table} WHERE knowledgebox = ? AND at >= ? AND at < ?`,
    knowledgebox,
    span.start,
    span.end,
  );
  return toSums(rows);
}

/**
 * Deletes at most `maxRows` hours before a time and returns how many. Finds them by the names of the
 * knowledge boxes, so that no index by time has to be written.
 */
export function pruneHours(sql: SqlStorage, before: number, maxRows: number): number {
  return sql.exec(
    `DELETE FROM hours WHERE (knowledgebox, at) IN
       (SELECT knowledgebox, at FROM (SELECT '' AS name UNION ALL SELECT name FROM knowledge_boxes)
        CROSS JOIN hours ON knowledgebox = name AND at < ? LIMIT ?)`,
    before,
    maxRows,
  ).rowsWritten;
}

/** Stores the names of knowledge boxes and returns how many are new. */
export function addKnowledgeBoxes(sql: SqlStorage, names: ReadonlySet<string>): number {
  return sql.exec(
    "INSERT INTO knowledge_boxes (name) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
    JSON.stringify([...names]),
  ).rowsWritten;
}

function toSums(rows: SqlStorageCursor<Record<string, SqlStorageValue>>): Sums[] {
  return [...rows.raw()].map(([at, ...sums]) => ({ at: Number(at), sums: sums as number[] }));
}

function upsertInto(table: Table, added: readonly Metric[]): string {
  const placeholders = added.map(() => "?").join(", ");
  const additions = added.map((metric) => `${metric} = ${metric} + excluded.${metric}`).join(", ");
  return `INSERT INTO ${table} (knowledgebox, at, ${added.join(", ")}) VALUES (?, ?, ${placeholders})
    ON CONFLICT (knowledgebox, at) DO UPDATE SET ${additions}`;
}
