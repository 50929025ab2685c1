import { periodOf } from "../domain/usage/buckets.ts";
import { hasTables, migrations, requiredReaderVersion } from "./migrations.ts";

/** The `meta` row: everything about the account that is one value. All times are epoch milliseconds. */
export interface AccountState {
  readonly accountUuid: string;
  /** The latest time that a caller has passed; it never decreases. */
  readonly clock: number;
  /** Start of the period that `usage` belongs to. */
  readonly period: number;
  readonly usage: number;
  /** Start of the hour that `hourUsage` belongs to. */
  readonly hour: number;
  /** Increments counted in `hour` and not yet added to the tables `hours` and `days`. */
  readonly hourUsage: number;
  /** The limit of the last call; `quotaUntil` of the snapshot is derived from it. */
  readonly limit: number | null;
  readonly knowledgeBoxes: number;
  /** The window of the last recorded events, in days; null before the first event. */
  readonly windowDays: number | null;
  /** Ids of events before this time are no longer known; it never decreases. */
  readonly horizon: number;
}

/** The outcome of one call: its result and the state to save. */
export interface Transition<Result> {
  readonly result: Result;
  /** The new state; the same object as before if nothing changed. */
  readonly state: AccountState;
  /** Writes rows of other tables and returns the state to save instead of `state`. */
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

/** Returns the state of an account that has counted nothing. */
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

/** Starts a new period if `now` is past the state's one; otherwise returns the same object. */
export function rollPeriod(state: AccountState, now: number): AccountState {
  const { start } = periodOf(now);
  return start > state.period ? { ...state, period: start, usage: 0 } : state;
}

/** Loads the stored state. Throws if it was written by a newer, incompatible version; such an object can only be erased. */
export function loadState(sql: SqlStorage): AccountState | undefined {
  const [row] = hasTables(sql) ? sql.exec<Row>("SELECT * FROM meta").toArray() : [];
  if (row === undefined) return undefined;
  if (row.needs > migrations.length) {
    throw new Error(
      `The stored usage requires schema version ${row.needs}; this code supports ${migrations.length}. Deploy a newer version.`,
    );
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

const readerVersion = requiredReaderVersion(migrations);

/** Saves the state. Leaves the version and the columns of a newer schema unchanged. Writes one row. */
export function saveState(sql: SqlStorage, state: AccountState): void {
  sql.exec(
    `INSERT INTO meta (id, schema_version, needs, account_uuid, clock, period, usage, hour, hour_usage, usage_limit,
       current_kbs, window_days, horizon) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET clock = excluded.clock, period = excluded.period, usage = excluded.usage,
       hour = excluded.hour, hour_usage = excluded.hour_usage, usage_limit = excluded.usage_limit,
       current_kbs = excluded.current_kbs, window_days = excluded.window_days, horizon = excluded.horizon`,
    migrations.length,
    readerVersion,
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
