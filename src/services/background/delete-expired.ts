/** Deletes rows whose retention has ended. Every statement is bounded: D1 ends a statement after 30 seconds. */
import { sql, type SQL } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

import { invitationRetention } from "../../domain/invitation.ts";
import type { Database } from "../../storage/database.ts";
import { idempotencyKeys, invites, mailedAddresses } from "../../storage/schema.ts";
import { idempotencyRetention } from "../commit.ts";
import { dayOf } from "./invitation-mail.ts";

const step = 1_000;

/** Deletes idempotency records after 24 hours. */
export async function deleteExpiredKeys(db: Database, now: number): Promise<void> {
  const expired = sql`select user_id, operation, key from idempotency_keys where created_at <= ${now - idempotencyRetention} limit ${step}`;
  await deleteInSteps(db, idempotencyKeys, sql`(user_id, operation, key) in (${expired})`);
}

/** Deletes invitations 90 days after their end, whether they were accepted, revoked or neither. */
export async function deleteExpiredInvitations(db: Database, now: number): Promise<void> {
  const expired = sql`select id from invites indexed by invites_end where valid_until <= ${now - invitationRetention} limit ${step}`;
  await deleteInSteps(db, invites, sql`id in (${expired})`);
}

/** Deletes the counts of mails per address of past days. */
export async function deletePastMailCounts(db: Database, now: number): Promise<void> {
  const past = sql`select day, email_key from mailed_addresses where day < ${dayOf(now)} limit ${step}`;
  await deleteInSteps(db, mailedAddresses, sql`(day, email_key) in (${past})`);
}

async function deleteInSteps(db: Database, table: SQLiteTable, where: SQL): Promise<void> {
  for (;;) {
    const { meta } = await db.delete(table).where(where).run();
    if (meta.changes < step) return;
  }
}
