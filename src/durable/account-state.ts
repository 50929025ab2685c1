import { periodOf } from "../domain/usage/buckets.ts";
import { isLimitReached } from "../domain/usage/usage.ts";
import { hasTables, migrations, requiredReaderVersion } from "./migrations.ts";

const needs = requiredReaderVersion(migrations);

/** What the one row of `meta` says of the account. */
export interface AccountState {
  readonly accountUuid: string;
  /** The latest time seen; it never goes back. */
  readonly clock: number;
  /** Start of the period that `usage` belongs to. */
  readonly period: number;
  readonly usage: number;
  /** Start of the hour increments were last counted in. */
  readonly hour: number;
  /** What increments counted in that hour; `hours` and `days` are told when it is over. */
  readonly hourUsage: number;
  /** The limit last seen, from which alone `quota` is derived. */
  readonly limit: number | null;
  readonly knowledgeBoxes: number;
  /** The window last asked for, in days; null before any event was. */
  readonly windowDays: number | null;
  /** The time before which ids of events are forgotten; it never goes back. */
  readonly horizon: number;
}

/** What one call leaves. */
export interface Transition<Result> {
  readonly result: Result;
  /** What the account is then; the very same object when nothing of it changed. */
  readonly state: AccountState;
  /** Writes what is kept outside the account's row; what the account is then. */
  readonly persist?: () => AccountState;
}

interface Row extends Record<string, SqlStorageValue> {
  needs: number;
  account_uuid: string;
  clock: number;
  period: number;
  usage: number;
  hour: number;
  hour_usage: number;
  usage_limit: number | null;
  current_kbs: number;
  window_days: number | null;
  horizon: number;
}

/** An account as it is before anything was counted. */
export function initialState(accountUuid: string, now: number): AccountState {
  return {
    accountUuid,
    clock: now,
    period: periodOf(now).start,
    usage: 0,
    hour: 0,
    hourUsage: 0,
    limit: null,
    knowledgeBoxes: 0,
    windowDays: null,
    horizon: 0,
  };
}

/** The same account in the period that a time falls in; the very same object while its period lasts. */
export function rollPeriod(state: AccountState, now: number): AccountState {
  const { start } = periodOf(now);
  return start > state.period ? { ...state, period: start, usage: 0 } : state;
}

/** What is stored of the account. Throws when it needs a newer version of the service; such a store can only be erased. */
export function loadState(sql: SqlStorage): AccountState | undefined {
  const [row] = hasTables(sql) ? sql.exec<Row>("SELECT * FROM meta").toArray() : [];
  if (row === undefined) return undefined;
  if (row.needs > migrations.length) {
    throw new Error(`what is stored of usage needs version ${row.needs}, and this is ${migrations.length}`);
  }
  return {
    accountUuid: row.account_uuid,
    clock: row.clock,
    period: row.period,
    usage: row.usage,
    hour: row.hour,
    hourUsage: row.hour_usage,
    limit: row.usage_limit,
    knowledgeBoxes: row.current_kbs,
    windowDays: row.window_days,
    horizon: row.horizon,
  };
}

/** What a newer version keeps besides stays as it is, its version too: only what is known here is written. */
export function saveState(sql: SqlStorage, state: AccountState): void {
  sql.exec(
    `INSERT INTO meta (id, schema_version, needs, account_uuid, clock, period, usage, hour, hour_usage, usage_limit,
       current_kbs, window_days, horizon) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET clock = excluded.clock, period = excluded.period, usage = excluded.usage,
       hour = excluded.hour, hour_usage = excluded.hour_usage, usage_limit = excluded.usage_limit,
       current_kbs = excluded.current_kbs, window_days = excluded.window_days, horizon = excluded.horizon`,
    migrations.length,
    needs,
    state.accountUuid,
    state.clock,
    state.period,
    state.usage,
    state.hour,
    state.hourUsage,
    state.limit,
    state.knowledgeBoxes,
    state.windowDays,
    state.horizon,
  );
}

/** What the database is told of the account: absolute values, in the order of its columns. */
export interface UsageSnapshot {
  readonly usage: number;
  readonly period: number;
  readonly knowledgeBoxes: number;
  /** The end of the period while nothing remains of its limit; the latest time there is where the limit is nothing. */
  readonly quotaUntil: number | null;
}

/** The latest time there is. */
const never = 8.64e15;

export function snapshotOf({ usage, period, knowledgeBoxes, limit }: AccountState): UsageSnapshot {
  return {
    usage,
    period,
    knowledgeBoxes,
    quotaUntil: isLimitReached(usage, limit) ? quotaEnd(period, limit) : null,
  };
}

function quotaEnd(period: number, limit: number | null): number {
  return limit === 0 ? never : periodOf(period).end;
}

/** In what the database is told of two states they differ: in what clients are shown, in the count alone, or in nothing. */
export function compareSnapshots(one: AccountState, other: AccountState): "shown" | "count" | "none" {
  if (one.knowledgeBoxes !== other.knowledgeBoxes) return "shown";
  if (snapshotOf(one).quotaUntil !== snapshotOf(other).quotaUntil) return "shown";
  return one.usage !== other.usage || one.period !== other.period ? "count" : "none";
}
