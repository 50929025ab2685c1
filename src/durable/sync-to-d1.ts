import { periodOf } from "../domain/usage/buckets.ts";
import { isLimitReached } from "../domain/usage/usage.ts";
import type { AccountState } from "./account-state.ts";

/** The account's values as D1 stores them, for lists and the blocking state. */
export interface UsageSnapshot {
  readonly usage: number;
  readonly period: number;
  readonly knowledgeBoxes: number;
  /** End of the period if the limit is reached, the latest possible time if the limit is 0; otherwise null. */
  readonly quotaUntil: number | null;
}

/** The latest time that a JavaScript `Date` can represent. */
const latestTime = 8.64e15;

export function snapshotOf({ usage, period, knowledgeBoxes, limit }: AccountState): UsageSnapshot {
  return {
    usage,
    period,
    knowledgeBoxes,
    quotaUntil: isLimitReached(usage, limit) ? quotaEnd(period, limit) : null,
  };
}

/** A limit of 0 is reached in every period. */
function quotaEnd(period: number, limit: number | null): number {
  return limit === 0 ? latestTime : periodOf(period).end;
}

/** Classifies the difference of two states' snapshots: visible to clients, counter only, or none. */
export function compareSnapshots(before: AccountState, after: AccountState): "visible" | "counter" | "none" {
  if (before.knowledgeBoxes !== after.knowledgeBoxes) return "visible";
  if (snapshotOf(before).quotaUntil !== snapshotOf(after).quotaUntil) return "visible";
  return before.usage !== after.usage || before.period !== after.period ? "counter" : "none";
}

/** Updates the account's row in D1 if a value differs; does nothing if the account was deleted. One round trip. */
export async function syncToD1(
  database: D1Database,
  accountUuid: string,
  { usage, period, knowledgeBoxes, quotaUntil }: UsageSnapshot,
): Promise<void> {
  await database
    .prepare(
      `UPDATE accounts SET usage = ?2, usage_period = ?3, current_kbs = ?4, quota_until = ?5
       WHERE uuid = ?1 AND (usage IS NOT ?2 OR usage_period IS NOT ?3 OR current_kbs IS NOT ?4
         OR quota_until IS NOT ?5)`,
    )
    .bind(accountUuid, usage, period, knowledgeBoxes, quotaUntil)
    .run();
}
