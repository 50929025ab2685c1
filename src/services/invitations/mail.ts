/**
 * The mail of an invitation. The queue carries ids; whoever takes a message off it looks up what the
 * invitation is by then, and makes its secret anew.
 */
import { and, eq, isNull, sql, type SQL } from "drizzle-orm";

import {
  initialRetryDelay,
  invitationRetention,
  maxMailsPerDay,
  maxRetryDelay,
} from "../../domain/invitation.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Language } from "../../domain/user.ts";
import { renderInvitationEmail } from "../../mail/invitation.ts";
import { type MailBinding, sendEmail } from "../../mail/send.ts";
import { type Database, runBatch } from "../../storage/database.ts";
import { accounts, invites, mailedAddresses, users } from "../../storage/schema.ts";
import type { Context } from "../caller/context.ts";
import { enqueueJob, enqueueJobs, maxJobsPerBatch } from "../jobs.ts";
import { inviterColumns, inviterName } from "./access.ts";
import { createInvitationToken, type InvitationReference } from "./token.ts";

/** The job of mailing one version of an invitation. */
export interface MailInvitationJob extends InvitationReference {
  readonly kind: "mail-invite";
}

/** What mailing takes. */
export interface Mailing {
  readonly db: Database;
  readonly mail: MailBinding;
  readonly settings: Settings;
  readonly now: number;
}

const day = 24 * 60 * 60 * 1000;
/** How many hundreds of mails one cron run asks for. */
const maxBatches = 10;

/** Asks for the mail of an invitation, after the answer. */
export function enqueueMail(ctx: Context, { uuid, version }: InvitationReference): void {
  ctx.defer(enqueueJob(ctx.jobs, jobOf({ uuid, version })));
}

/**
 * Mails an invitation, unless it has been mailed, moved on or is over, or its address has had all
 * mails of the day, in which case the cron comes back to it. Ending between the mail and the word of
 * it sends the same mail with the same secret once more. Throws what the binding throws.
 */
export async function mailInvitation(
  { db, mail, settings, now }: Mailing,
  { uuid, version }: InvitationReference,
): Promise<void> {
  const { mailFrom, publicUrl, inviteSecret } = settings;
  if (mailFrom === undefined) return;
  const due = sql`invites.uuid = ${uuid} and invites.version = ${version} and invites.state = 'pending' and invites.mailed_at is null and invites.valid_until > ${now}`;
  const [[invite], reserved] = await runBatch(db, [
    invitationQuery(db, due),
    reserveMail(db, due, now, settings.limitsInvites),
  ] as const);
  if (invite === undefined || reserved.length === 0) return;

  const message = await renderInvitationEmail({
    language: invite.language ?? "EN",
    account: invite.title,
    inviter: inviterName(invite),
    role: invite.role,
    validUntil: invite.validUntil,
    link: `${publicUrl}/invite#${await createInvitationToken(inviteSecret, { uuid, version })}`,
  });
  try {
    await sendEmail(mail, mailFrom, invite.email, message);
  } catch (error) {
    // A mail that did not leave is none of the day's.
    await db
      .update(mailedAddresses)
      .set({ mails: sql`mails - 1` })
      .where(and(eq(mailedAddresses.day, dayOf(now)), eq(mailedAddresses.emailKey, invite.emailKey)));
    throw error;
  }
  await db
    .update(invites)
    .set({ mailedAt: now, mailAgainAt: null })
    .where(and(eq(invites.uuid, uuid), eq(invites.version, version), isNull(invites.mailedAt)));
}

/** Asks the queue again for the mails that have not left, those first that have waited longest past their time. */
export async function requeueUnsentMails(db: Database, jobs: Queue, now: number): Promise<void> {
  // Written out: a bound value would keep SQLite from the index of those that wait.
  const waiting = sql`select id from invites indexed by invites_unmailed where state = 'pending' and mail_again_at is not null and mail_again_at <= ${now} order by mail_again_at limit ${maxJobsPerBatch}`;
  const patience = sql`min(${maxRetryDelay}, max(${initialRetryDelay}, ${now} - sent_at))`;
  for (let step = 0; step < maxBatches; step += 1) {
    const asked = await db
      .update(invites)
      .set({ mailAgainAt: sql`case when valid_until > ${now} then ${now} + ${patience} end` })
      .where(sql`id in (${waiting})`)
      .returning({ uuid: invites.uuid, version: invites.version, again: invites.mailAgainAt });
    await enqueueJobs(jobs, asked.filter(({ again }) => again !== null).map(jobOf));
    if (asked.length < maxJobsPerBatch) return;
  }
}

/** Forgets how many mails addresses were sent on days that are over. */
export async function deletePastMailCounts(db: Database, now: number): Promise<void> {
  const past = sql`select day, email_key from mailed_addresses where day < ${dayOf(now)} limit 1000`;
  for (;;) {
    const { meta } = await db
      .delete(mailedAddresses)
      .where(sql`(day, email_key) in (${past})`)
      .run();
    if (meta.changes < 1_000) return;
  }
}

function invitationQuery(db: Database, due: SQL) {
  return db
    .select({
      email: sql<string>`invites.email`.as("invite_email"),
      emailKey: sql<string>`invites.email_key`.as("invite_key"),
      role: invites.role,
      validUntil: invites.validUntil,
      title: accounts.title,
      ...inviterColumns,
      language:
        sql<Language | null>`(select invitee.language from users as invitee where invitee.email_key = invites.email_key and invitee.language is not null order by invitee.id limit 1)`.as(
          "invitee_language",
        ),
    })
    .from(invites)
    .innerJoin(accounts, eq(accounts.id, invites.accountId))
    .leftJoin(users, eq(users.id, invites.invitedBy))
    .where(due);
}

/** Takes one of the mails that the invitation's address may be sent today; no row where none is left. */
function reserveMail(db: Database, due: SQL, now: number, limited: boolean) {
  return db
    .insert(mailedAddresses)
    .select(sql`select ${dayOf(now)}, email_key, 1 from invites where ${due}`)
    .onConflictDoUpdate({
      target: [mailedAddresses.day, mailedAddresses.emailKey],
      set: { mails: sql`mails + 1` },
      setWhere: limited ? sql`mails < ${maxMailsPerDay}` : sql`true`,
    })
    .returning({ mails: mailedAddresses.mails });
}

function jobOf({ uuid, version }: InvitationReference): MailInvitationJob {
  return { kind: "mail-invite", uuid, version };
}

function dayOf(moment: number): number {
  return Math.floor(moment / day);
}

/** How many invitations one statement deletes: D1 ends a statement after 30 seconds. */
const step = 500;

/** Deletes the invitations that ended 90 days ago, accepted, revoked or neither, in bounded steps. */
export async function deleteExpiredInvitations(db: Database, now: number): Promise<void> {
  const old = sql`select id from invites indexed by invites_end where valid_until <= ${now - invitationRetention} limit ${step}`;
  for (;;) {
    const { meta } = await db
      .delete(invites)
      .where(sql`id in (${old})`)
      .run();
    if (meta.changes < step) return;
  }
}
