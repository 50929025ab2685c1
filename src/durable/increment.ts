import { bucketStart, periodOf } from "../domain/usage/buckets.ts";
import {
  decideIncrement,
  idempotencyRetention,
  type Increment,
  type UsageStatus,
} from "../domain/usage/usage.ts";
import type { AccountState, Transition } from "./account-state.ts";
import { addUsage } from "./buckets.ts";

export interface IncrementInput extends Increment {
  readonly accountUuid: string;
  readonly key?: IdempotencyKey | undefined;
}

export interface IdempotencyKey {
  readonly value: string;
  /** Identifies the request, so that a key reused for another one is detected. */
  readonly requestHash: string;
}

/** The new usage of the period if the increment was counted; the caller knows the rest. */
export type IncrementResult =
  | number
  /** The key was used before; `answer` is the result of that first call. */
  | { readonly kind: "repeated"; readonly answer: UsageStatus }
  /** The limit would be exceeded, so nothing is counted before `periodEnd`. */
  | { readonly kind: "refused"; readonly answer: UsageStatus; readonly periodEnd: number }
  | { readonly kind: "too_large" | "idempotency_key_reused" };

/**
 * Counts an increment in the current period and hour unless it exceeds the limit. A repeated key
 * returns the first result. Writes one row, one more with a key, and two more for the first increment
 * of an hour: the previous hour and its day.
 */
export function increment(
  sql: SqlStorage,
  state: AccountState,
  input: IncrementInput,
  now: number,
): Transition<IncrementResult> {
  const { key, amount, limit } = input;
  const record = key && findIdempotencyRecord(sql, key.value, now);
  if (record !== undefined) {
    const isSameRequest = record.requestHash === key?.requestHash;
    return {
      state,
      result: isSameRequest
        ? { kind: "repeated", answer: record.answer }
        : { kind: "idempotency_key_reused" },
    };
  }
  const limited = withLimit(state, limit);
  const decision = decideIncrement(state.usage, input);
  if (decision.kind === "too_large") return { state: limited, result: decision };
  if (decision.kind === "refused") {
    return { state: limited, result: { ...decision, periodEnd: periodOf(state.period).end } };
  }
  const { usage } = decision.answer;
  const hour = bucketStart("hour", now);
  const isSameHour = hour === limited.hour;
  const counted = { ...limited, usage, hour, hourUsage: isSameHour ? limited.hourUsage + amount : amount };
  if (isSameHour && key === undefined) return { state: counted, result: usage };
  const persist = () => {
    if (!isSameHour) flushCurrentHour(sql, limited);
    if (key !== undefined) saveIdempotencyRecord(sql, key, decision.answer, now);
    return counted;
  };
  return { state: counted, result: usage, persist };
}

/** Sets the limit; returns the same object if it is unchanged. */
export function withLimit(state: AccountState, limit: number | null): AccountState {
  return limit === state.limit ? state : { ...state, limit };
}

/** Adds the usage of the current hour to the buckets. Writes two rows, or none if the usage is 0. */
export function flushCurrentHour(sql: SqlStorage, { hour, hourUsage }: AccountState): void {
  if (hourUsage === 0) return;
  addUsage(sql, "hours", hour, hourUsage);
  addUsage(sql, "days", bucketStart("day", hour), hourUsage);
}

/** Whether the state has usage of an hour that has ended. */
export function isHourOver({ hour, hourUsage }: AccountState, now: number): boolean {
  return hourUsage > 0 && hour < bucketStart("hour", now);
}

interface IdempotencyRecord {
  readonly requestHash: string;
  readonly answer: UsageStatus;
}

/** Returns the record of a key used in the last 24 hours. */
function findIdempotencyRecord(sql: SqlStorage, key: string, now: number): IdempotencyRecord | undefined {
  const block = blockOf(now);
  const [row] = sql
    .exec<{ request_hash: string; answer: string }>(
      "SELECT request_hash, answer FROM answers WHERE block IN (?, ?) AND key = ? AND at > ?",
      block - 1,
      block,
      key,
      now - idempotencyRetention,
    )
    .toArray();
  return row && { requestHash: row.request_hash, answer: JSON.parse(row.answer) as UsageStatus };
}

/** Writes one row. Records are found and pruned by the block in their primary key, so that no index is written. */
function saveIdempotencyRecord(sql: SqlStorage, key: IdempotencyKey, answer: UsageStatus, now: number): void {
  sql.exec(
    "INSERT INTO answers (block, key, at, request_hash, answer) VALUES (?, ?, ?, ?, ?)",
    blockOf(now),
    key.value,
    now,
    key.requestHash,
    JSON.stringify(answer),
  );
}

/** Deletes at most `maxRows` records of blocks that have expired and returns how many. */
export function pruneIdempotencyRecords(sql: SqlStorage, now: number, maxRows: number): number {
  return sql.exec(
    `DELETE FROM answers WHERE (block, key) IN
       (SELECT block, key FROM answers WHERE block < ? ORDER BY block LIMIT ?)`,
    blockOf(now) - 1,
    maxRows,
  ).rowsWritten;
}

/** Blocks are as long as the retention, so a valid record is in the block of `now` or in the previous one. */
function blockOf(at: number): number {
  return Math.floor(at / idempotencyRetention);
}
