import { eq, sql, type SQL, type SQLWrapper } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { firstPatience, inviteValidity, rolesReaching } from "../../domain/invite.ts";
import { joinName } from "../../domain/user.ts";
import { precondition, type Statement } from "../../storage/database.ts";
import { invites, users } from "../../storage/schema.ts";
import { hasRole, requireAccess, type Access, type FoundAccount } from "../accounts/access.ts";
import { seatLeft } from "../accounts/seats.ts";
import { hasEverywhere, type Caller } from "../caller.ts";
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
export function isPending(ctx: Pick<Context, "now">): SQL {
  // Written out: a bound value would keep SQLite from the indexes of pending invitations.
  return sql`invites.state = 'pending' and invites.valid_until > ${ctx.now}`;
}

/** Whether an invitation is the pending one of an address to an account. */
export function isPendingFor(ctx: Context, account: SQLWrapper, emailKey: string): SQL {
  return sql`invites.account_id = (select accounts.id from accounts where ${account}) and invites.email_key = ${emailKey} and ${isPending(ctx)}`;
}

/** Reads invitations with their inviters. */
export function invitesQuery(ctx: Context, which: SQL | undefined) {
  return ctx.db
    .select({
      id: invites.id,
      uuid: invites.uuid,
      email: invites.email,
      role: invites.role,
      version: invites.version,
      sentAt: invites.sentAt,
      validUntil: invites.validUntil,
      inviter: sql<string | null>`${users.uuid}`.as("inviter"),
    })
    .from(invites)
    .leftJoin(users, eq(users.id, invites.invitedBy))
    .where(which);
}

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

/** What `requireReach` found, for use inside the batch that acts on it. */
export function stillReaches(ctx: Context, access: Access, role: AccountRole): SQL {
  return sql`(${hasEverywhere(ctx, "invites:write")} or ${hasRole(access, rolesReaching(role))})`;
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
export function inviteStillStands(ctx: Context, access: InviteAccess): Statement {
  const { id, version, role, sentAt } = access.invite;
  const there = sql`exists (select 1 from invites where id = ${id} and ${isPending(ctx)} and version = ${version} and sent_at = ${sentAt} and role = ${role})`;
  return precondition(ctx.db, "changed_meanwhile", sql`${there} and ${stillReaches(ctx, access, role)}`);
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
