/** Sends the mails of invitations. The secret is computed from the stored invitation when the mail is sent. */
import { and, eq, isNull, sql, type SQL } from "drizzle-orm";

import { initialRetryDelay, maxMailsPerDay, maxRetryDelay } from "../../domain/invitation.ts";
import type { Config } from "../../config.ts";
import { joinName, type Language } from "../../domain/user.ts";
import { renderInvitationEmail } from "../../mail/invitation.ts";
import { type MailBinding, sendEmail } from "../../mail/send.ts";
import { loadTranslation } from "../../mail/translations.ts";
import { type Database, runBatch } from "../../storage/database.ts";
import { accounts, invites, mailedAddresses, users } from "../../storage/schema.ts";
import { enqueueJobs, maxJobsPerBatch } from "../jobs.ts";
import { inviterColumns } from "../invitations/access.ts";
import { createInvitationToken, mailJob, type InvitationReference } from "../invitations/token.ts";

export interface Mailing {
  readonly db: Database;
  readonly mail: MailBinding;
  readonly assets: Pick<Fetcher, "fetch">;
  readonly settings: Config;
  readonly now: number;
}

const day = 24 * 60 * 60 * 1000;
/** How many batches of mails one scheduled run requeues. */
const maxBatches = 10;

/**
 * Mails one version of an invitation, unless it was mailed, renewed or ended. If its address has received all
 * mails of the day, the scheduled task tries again later. A crash right after sending sends the same mail with
 * the same secret again. Throws what the bindings throw.
 */
export async function mailInvitation(
  { db, mail, assets, settings, now }: Mailing,
  { uuid, version }: InvitationReference,
): Promise<void> {
  const { mailFrom, publicUrl, inviteSecret } = settings;
  if (mailFrom === undefined) return;
  const due = sql`invites.uuid = ${uuid} and invites.version = ${version} and invites.state = 'pending' and invites.mailed_at is null and invites.valid_until > ${now}`;
  const [[invite], reserved] = await runBatch(db, [
    invitationQuery(db, due),
    reserveMail(db, due, now, settings.rateLimits),
  ] as const);
  if (invite === undefined || reserved.length === 0) return;

  const invitation = {
    account: { title: invite.title, slug: invite.slug },
    inviter: invite.inviterId === null ? null : inviterOf(invite),
    role: invite.role,
    validUntil: invite.validUntil,
    link: `${publicUrl}/invite#${await createInvitationToken(inviteSecret, { uuid, version })}`,
  };
  try {
    const message = renderInvitationEmail(invitation, await loadTranslation(assets, invite.language ?? "EN"));
    await sendEmail(mail, mailFrom, invite.email, message);
  } catch (error) {
    // A mail that was not sent does not count.
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

/** Sends the jobs of overdue mails to the queue again, most overdue first. */
export async function requeueUnsentMails(db: Database, jobs: Queue, now: number): Promise<void> {
  // Literals, not bound values: otherwise SQLite would not use the partial index.
  const overdue = sql`select id from invites indexed by invites_unmailed where state = 'pending' and mail_again_at is not null and mail_again_at <= ${now} order by mail_again_at limit ${maxJobsPerBatch}`;
  const delay = sql`min(${maxRetryDelay}, max(${initialRetryDelay}, ${now} - sent_at))`;
  for (let step = 0; step < maxBatches; step += 1) {
    const requeued = await db
      .update(invites)
      .set({ mailAgainAt: sql`case when valid_until > ${now} then ${now} + ${delay} end` })
      .where(sql`id in (${overdue})`)
      .returning({ uuid: invites.uuid, version: invites.version, next: invites.mailAgainAt });
    await enqueueJobs(jobs, requeued.filter(({ next }) => next !== null).map(mailJob));
    if (requeued.length < maxJobsPerBatch) return;
  }
}

function inviterOf(row: {
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly inviterVerifiedEmail: string | null;
}) {
  return { name: joinName(row.firstName ?? "", row.lastName ?? ""), verifiedEmail: row.inviterVerifiedEmail };
}

function invitationQuery(db: Database, due: SQL) {
  return db
    .select({
      email: sql<string>`invites.email`.as("invite_email"),
      emailKey: sql<string>`invites.email_key`.as("invite_key"),
      role: invites.role,
      validUntil: invites.validUntil,
      title: accounts.title,
      slug: accounts.slug,
      ...inviterColumns,
      inviterVerifiedEmail: users.verifiedEmail,
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

/** Counts a mail to the invitation's address today. Returns no row if the limit is reached. */
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

/** Returns the day of a timestamp: whole days since the epoch, UTC. */
export function dayOf(timestamp: number): number {
  return Math.floor(timestamp / day);
}
