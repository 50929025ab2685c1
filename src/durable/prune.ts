import { oldestStoredHour } from "../domain/usage/buckets.ts";
import { dedupHorizonAt } from "../domain/usage/events.ts";
import { type AccountState, saveState } from "./account-state.ts";
import { pruneHours } from "./buckets.ts";
import { pruneSeenEvents } from "./events.ts";
import { flushCurrentHour, isHourOver, pruneIdempotencyRecords } from "./increment.ts";

/** Maximum number of rows that one call deletes from each table. */
export const pruneStep = 1_000;

/** When the next prune is due: more rows have expired already, rows will expire one day, or no row ever will. */
export type NextPrune = "now" | "later" | "never";

/**
 * Adds an hour that has ended to the buckets and deletes expired rows: idempotency records after a day,
 * ids of events behind the horizon, hours after 400 days. Saves the times used, so that a clock that
 * runs behind cannot make a deleted range look empty.
 */
export function prune(storage: DurableObjectStorage, state: AccountState, now: number): NextPrune {
  const { sql } = storage;
  return storage.transactionSync(() => {
    const { windowDays } = state;
    const horizon = windowDays === null ? state.horizon : dedupHorizonAt(now, windowDays, state.horizon);
    const hourOver = isHourOver(state, now);
    if (hourOver) flushCurrentHour(sql, state);
    const hourUsage = hourOver ? 0 : state.hourUsage;
    const deleted = [
      pruneIdempotencyRecords(sql, now, pruneStep),
      pruneSeenEvents(sql, horizon, pruneStep),
      pruneHours(sql, oldestStoredHour(now), pruneStep),
    ];
    if (deleted.some((rows) => rows > 0)) saveState(sql, { ...state, clock: now, horizon, hourUsage });
    else if (hourOver) saveState(sql, { ...state, hourUsage });
    if (deleted.some((rows) => rows === pruneStep)) return "now";
    return hourUsage > 0 || hasExpiringRows(sql) ? "later" : "never";
  });
}

function hasExpiringRows(sql: SqlStorage): boolean {
  const rows = sql.exec(
    `SELECT 1 WHERE EXISTS (SELECT 1 FROM answers) OR EXISTS (SELECT 1 FROM seen_events)
       OR EXISTS (SELECT 1 FROM hours)`,
  );
  return rows.toArray().length > 0;
}
