import { sql } from "drizzle-orm";

import { systemActor } from "../../domain/audit.ts";
import { type Database, runBatch } from "../../storage/database.ts";
import { accounts, auditRows } from "../../storage/schema.ts";
import { nextAuditId } from "../audit.ts";

/** How many trials one statement ends. */
const step = 200;

/**
 * Blocks the accounts whose trial is over as `trial_expired`, each with its audit row, in bounded
 * steps; only rows that are due are read.
 */
export async function expireTrials(db: Database, now: number): Promise<void> {
  const requestId = crypto.randomUUID();
  // Written out: a bound value would keep SQLite from the index of those on trial.
  const due = sql`select id from accounts indexed by accounts_trial_due where trial_expires_at is not null and blocking_state = 'unblocked' and trial_expires_at <= ${now} order by trial_expires_at limit ${step}`;
  const changes = sql`json_object('blocking_state', json_array('unblocked', 'trial_expired'))`;
  for (;;) {
    const [, ended] = await runBatch(db, [
      db
        .insert(auditRows)
        .select(
          sql`select ${nextAuditId(now)} + row_number() over (order by id) - 1, id, ${now}, ${systemActor.uuid}, 'account.updated', 'account:' || uuid, ${changes}, ${requestId} from accounts where id in (${due})`,
        ),
      db
        .update(accounts)
        .set({ blockingState: "trial_expired", version: sql`version + 1` })
        .where(sql`id in (${due})`)
        .returning({ id: accounts.id }),
    ] as const);
    if (ended.length < step) return;
  }
}
