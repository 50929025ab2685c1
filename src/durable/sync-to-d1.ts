import type { UsageSnapshot } from "./account-state.ts";

/**
 * Writes an account's values into its row of the database, if any of them differs; an account that
 * is gone stays gone. Nothing is decided by what it writes: lists show it.
 */
export async function syncToD1(
  database: D1Database,
  accountUuid: string,
  mirrored: UsageSnapshot,
): Promise<void> {
  await database
    .prepare(
      `UPDATE accounts SET usage = ?2, usage_period = ?3, current_kbs = ?4, quota_until = ?5
       WHERE uuid = ?1 AND (usage IS NOT ?2 OR usage_period IS NOT ?3 OR current_kbs IS NOT ?4
         OR quota_until IS NOT ?5)`,
    )
    .bind(accountUuid, mirrored.usage, mirrored.period, mirrored.knowledgeBoxes, mirrored.quotaUntil)
    .run();
}
