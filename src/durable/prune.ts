import { oldestKeptHour } from "../domain/usage/buckets.ts";
import { dedupHorizonAt } from "../domain/usage/events.ts";
import { type AccountState, saveState } from "./account-state.ts";
import { pruneHours } from "./bucket-rows.ts";
import { flushCurrentHour, isHourOver } from "./current-hour.ts";
import { pruneSeenEvents } from "./event-dedup.ts";
import { pruneIdempotencyRecords } from "./idempotency-records.ts";

/** The most rows of a table that one turn removes. */
export const pruneStep = 1_000;

/** What is left to prune: what is due already, what will be one day, or nothing ever. */
export type Remainder = "due" | "later" | "never";

/**
 * Closes the hour that is over, and removes what is kept no longer: answers after a day, ids of events
 * behind the horizon, hours after 400 days. The times it removed by are kept with it, so that no clock
 * brings back as empty what was removed.
 */
export function prune(storage: DurableObjectStorage, state: AccountState, now: number): Remainder {
  const { sql } = storage;
  return storage.transactionSync(() => {
    const { windowDays } = state;
    const horizon = windowDays === null ? state.horizon : dedupHorizonAt(now, windowDays, state.horizon);
    const over = isHourOver(state, now);
    if (over) flushCurrentHour(sql, state);
    const hourUsage = over ? 0 : state.hourUsage;
    const removed = [
      pruneIdempotencyRecords(sql, now, pruneStep),
      pruneSeenEvents(sql, horizon, pruneStep),
      pruneHours(sql, oldestKeptHour(now), pruneStep),
    ];
    if (removed.some((rows) => rows > 0)) saveState(sql, { ...state, clock: now, horizon, hourUsage });
    else if (over) saveState(sql, { ...state, hourUsage });
    if (removed.some((rows) => rows === pruneStep)) return "due";
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
