import { sql } from "drizzle-orm";

import { systemActor } from "../../domain/audit.ts";
import { type Database, runBatch } from "../../storage/database.ts";
import { accounts } from "../../storage/schema.ts";
import { auditAccountsStatement } from "../audit.ts";

/** How many trials one statement ends. */
const step = 200;

/**
 * Blocks the accounts whose trial is over as `trial_expired`, each with its audit row, in bounded steps. Reads only
 * rows that are due.
 */
export async function expireTrials(db: Database, now: number): Promise<void> {
  const request = { db, now, requestId: crypto.randomUUID() };
  // Literals, not bound values: otherwise SQLite would not use the partial index.
  const due = sql`select id from accounts indexed by accounts_trial_due where trial_expires_at is not null and blocking_state = 'unblocked' and trial_expires_at <= ${now} order by trial_expires_at limit ${step}`;
  const audit = auditAccountsStatement(request, systemActor, {
    action: "account.updated",
    changes: sql`json_object('blocking_state', json_array('unblocked', 'trial_expired'))`,
    from: sql`accounts where accounts.id in (${due})`,
  });
  const block = db
    .update(accounts)
    .set({ blockingState: "trial_expired", version: sql`version + 1` })
    .where(sql`id in (${due})`)
    .returning({ id: accounts.id });
  for (;;) {
    const [, blocked] = await runBatch(db, [audit, block] as const);
    if (blocked.length < step) return;
  }
}
