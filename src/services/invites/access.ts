import { and, eq, sql, type Placeholder, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { firstPatience, inviteValidity, rolesReaching } from "../../domain/invite.ts";
import { joinName } from "../../domain/user.ts";
import { precondition, type Statement } from "../../storage/database.ts";
import { keepEach, keepQuery } from "../../storage/kept-query.ts";
import { invites } from "../../storage/schema/invites.ts";
import { users } from "../../storage/schema/users.ts";
import {
  hasMembership,
  idNamed,
  keepAssertion,
  requireAccess,
  type Access,
  type AccountName,
  type FoundAccount,
} from "../accounts/access.ts";
import { seatLeft } from "../accounts/seats.ts";
import { askerOf, type Active, type Asker } from "../asker.ts";
import type { Caller } from "../caller.ts";
import type { Context } from "../context.ts";

/** An invitation as it is read. */
export type FoundInvite = Pick<
  typeof invites.$inferSelect,
  "id" | "uuid" | "email" | "role" | "version" | "sentAt" | "validUntil"
> & {
  /** uuid of who invited; null when that user is gone. */
  readonly inviter: string | null;
};

/** As much of an invitation as is shown. */
export type ShownInvite = Omit<FoundInvite, "id" | "version">;

/** An invitation the caller may do this to, with its account and who the caller is. */
export interface InviteAccess extends Access {
  readonly invite: FoundInvite;
}

/** Whether an invitation can still be accepted; any other is as good as gone. */
export function isPending({ now }: { readonly now: number | Placeholder }): SQL {
  // Written out: a bound value would keep SQLite from the indexes of pending invitations.
  return sql`invites.state = 'pending' and invites.valid_until > ${now}`;
}

const shown = {
  id: invites.id,
  uuid: invites.uuid,
  email: invites.email,
  role: invites.role,
  version: invites.version,
  sentAt: invites.sentAt,
  validUntil: invites.validUntil,
  inviter: sql<string | null>`${users.uuid}`.as("inviter"),
};
const isInviter = eq(users.id, invites.invitedBy);

/** Reads invitations with their inviters. */
export function invitesQuery(ctx: Context, which: SQL | undefined) {
  return ctx.db.select(shown).from(invites).leftJoin(users, isInviter).where(which);
}

/** Reads the pending invitation of an address to an account. */
export function pendingInviteQuery(ctx: Context, { by, value }: AccountName, emailKey: string) {
  return pendingInviteOf(by)(ctx.db, { name: value, emailKey, now: ctx.now });
}

const pendingInviteOf = keepEach((by: AccountName["by"]) => {
  const address = sql`invites.account_id = ${idNamed(by)} and invites.email_key = ${sql.placeholder("emailKey")}`;
  return keepQuery((queries) =>
    queries
      .select(shown)
      .from(invites)
      .leftJoin(users, isInviter)
      .where(and(address, isPending({ now: sql.placeholder("now") }))),
  );
});

/**
 * `requireAccess` to the account of an invitation; throws `invite_missing` to an outsider, whether
 * the invitation exists or not.
 */
export function requireInviteAccess(
  ctx: Context,
  caller: Caller,
  account: FoundAccount | undefined,
  invite: FoundInvite | undefined,
): InviteAccess {
  if (account === undefined || invite === undefined) throw new DomainError("invite_missing");
  try {
    return { ...requireAccess(ctx, caller, account), invite };
  } catch (error) {
    const unseen = error instanceof DomainError && error.code === "account_unseen";
    throw unseen ? new DomainError("invite_missing") : error;
  }
}

/**
 * Nobody gives, renews or takes back a role above their own on the account, but for who may write
 * invitations everywhere. Throws `forbidden`.
 */
export function requireReach({ caller, account }: Access, role: AccountRole): void {
  const reaches = account.callerRole !== null && rolesReaching(role).includes(account.callerRole);
  if (!reaches && !caller.everywhere.has("invites:write")) throw new DomainError("forbidden");
}

/** What `requireReach` found must still hold when the change is written: the batch fails as `changed_meanwhile` else. */
export const reachStillHolds = keepAssertion(isInReach);

function isInReach({ has }: Asker, { id }: Active, accountId: number | Placeholder, role: AccountRole): SQL {
  return sql`(${has("invites:write")} or ${hasMembership(id, accountId, rolesReaching(role))})`;
}

/** What sending an invitation once more changes of it: its secret, its end, and that it is to be mailed. */
export function nextSending({ version }: FoundInvite, now: number) {
  return {
    version: version + 1,
    sentAt: now,
    validUntil: now + inviteValidity,
    mailedAt: null,
    mailAgainAt: now + firstPatience,
  };
}

/** A batch with this fails as `changed_meanwhile` when the invitation is not what was read, or out of the caller's reach. */
export function inviteStillStands(ctx: Context, { caller, account, invite }: InviteAccess): Statement {
  const { id, version, role, sentAt } = invite;
  const there = sql`exists (select 1 from invites where id = ${id} and ${isPending(ctx)} and version = ${version} and sent_at = ${sentAt} and role = ${role})`;
  const within = isInReach(askerOf(ctx), caller, account.id, role);
  return precondition(ctx.db, "changed_meanwhile", sql`${there} and ${within}`);
}

/** By how much the clocks of two requests at once may differ, in milliseconds. */
const clockSkew = 60 * 1000;

/**
 * What belongs behind the statement that gives an invitation about to end a new end: to a request
 * whose clock is ahead it had ended, and its seat may be another's. Fails as `seats_taken` then.
 */
export function seatKept(ctx: Context, { account, invite }: InviteAccess): Statement[] {
  return invite.validUntil - ctx.now > clockSkew ? [] : [seatLeft(ctx, account, 0)];
}

/** What `inviterName` is made of; the users are joined as who invited. */
export const inviterColumns = {
  inviterId: users.id,
  firstName: users.firstName,
  lastName: users.lastName,
  inviterEmail: sql<string>`users.email`.as("inviter_email"),
};

/** Whom an invited address is told it was invited by: a name, or an address where there is none; null when that user is gone. */
export function inviterName({
  inviterId,
  firstName,
  lastName,
  inviterEmail,
}: {
  readonly inviterId: number | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly inviterEmail: string | null;
}): string | null {
  return inviterId === null ? null : joinName(firstName ?? "", lastName ?? "") || inviterEmail;
}
