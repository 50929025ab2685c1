import { and, eq, type Placeholder, sql, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { initialRetryDelay, invitationLifetime, rolesAtLeast } from "../../domain/invitation.ts";
import { joinName } from "../../domain/user.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { memoize, prepareQuery } from "../../storage/prepared.ts";
import { invites, users } from "../../storage/schema.ts";
import {
  type Access,
  accountIdByName,
  type AccountName,
  accountQuery,
  checkAccess,
  type FoundAccount,
  hasMembership,
  prepareAssertion,
} from "../accounts/access.ts";
import { assertSeatsAvailable } from "../accounts/limits.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { type ActiveUser, callerConditions, type CallerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** One pending invitation the caller may do this operation to. Throws `invitation_not_found`. One round trip. */
export async function getInvitation(ctx: Context, uuid: string): Promise<InvitationAccess> {
  const which = and(sql`invites.uuid = ${uuid}`, isPending(ctx));
  const [caller, [account], [invite]] = await queryAsCaller(
    ctx,
    accountQuery(ctx, sql`accounts.id = (select invites.account_id from invites where ${which})`),
    invitationsQuery(ctx, which),
  );
  return checkInvitationAccess(ctx, caller, account, invite);
}

/** An invitation as it is read. */
export type StoredInvitation = Pick<
  typeof invites.$inferSelect,
  "id" | "uuid" | "email" | "role" | "version" | "sentAt" | "validUntil"
> & {
  /** uuid of who invited; null when that user is gone. */
  readonly inviter: string | null;
};

/** As much of an invitation as is shown. */
export type InvitationView = Omit<StoredInvitation, "id" | "version">;

/** An invitation the caller may do this to, with its account and who the caller is. */
export interface InvitationAccess extends Access {
  readonly invitation: StoredInvitation;
}

/** Whether an invitation can still be accepted; any other is as good as gone. */
export function isPending({ now }: { readonly now: number | Placeholder }): SQL {
  // Written out: a bound value would keep SQLite from the indexes of pending invitations.
  return sql`invites.state = 'pending' and invites.valid_until > ${now}`;
}

const invitationColumns = {
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
export function invitationsQuery(ctx: Context, which: SQL | undefined) {
  return ctx.db.select(invitationColumns).from(invites).leftJoin(users, isInviter).where(which);
}

/** Reads the pending invitation of an address to an account. */
export function pendingInvitationQuery(ctx: Context, { by, value }: AccountName, emailKey: string) {
  return pendingInviteOf(by)(ctx.db, { name: value, emailKey, now: ctx.now });
}

const pendingInviteOf = memoize((by: AccountName["by"]) => {
  const address = sql`invites.account_id = ${accountIdByName(by)} and invites.email_key = ${sql.placeholder("emailKey")}`;
  return prepareQuery((queries) =>
    queries
      .select(invitationColumns)
      .from(invites)
      .leftJoin(users, isInviter)
      .where(and(address, isPending({ now: sql.placeholder("now") }))),
  );
});

/**
 * `checkAccess` to the account of an invitation; throws `invitation_not_found` to an outsider, whether
 * the invitation exists or not.
 */
export function checkInvitationAccess(
  ctx: Context,
  caller: Caller,
  account: FoundAccount | undefined,
  invitation: StoredInvitation | undefined,
): InvitationAccess {
  if (account === undefined || invitation === undefined) throw new DomainError("invitation_not_found");
  try {
    return { ...checkAccess(ctx, caller, account), invitation };
  } catch (error) {
    const unseen = error instanceof DomainError && error.code === "account_not_visible";
    throw unseen ? new DomainError("invitation_not_found") : error;
  }
}

/**
 * Nobody gives, renews or takes back a role above their own on the account, but for who may write
 * invitations everywhere. Throws `forbidden`.
 */
export function checkMayGrantRole({ caller, account }: Access, role: AccountRole): void {
  const reaches = account.callerRole !== null && rolesAtLeast(role).includes(account.callerRole);
  if (!reaches && !caller.globalPermissions.has("invites:write"))
    throw new DomainError("forbidden", { role });
}

/** What `checkMayGrantRole` found must still hold when the change is written: the batch fails as `conflict` else. */
export const assertMayGrantRole = prepareAssertion(isInReach);

function isInReach(
  { hasPermission }: CallerConditions,
  { id }: ActiveUser,
  accountId: number | Placeholder,
  role: AccountRole,
): SQL {
  return sql`(${hasPermission("invites:write")} or ${hasMembership(id, accountId, rolesAtLeast(role))})`;
}

/** What sending an invitation once more changes of it: its secret, its end, and that it is to be mailed. */
export function renewedColumns({ version }: StoredInvitation, now: number) {
  return {
    version: version + 1,
    sentAt: now,
    validUntil: now + invitationLifetime,
    mailedAt: null,
    mailAgainAt: now + initialRetryDelay,
  };
}

/** A batch with this fails as `conflict` when the invitation is not what was read, or out of the caller's reach. */
export function assertInvitationUnchanged(
  ctx: Context,
  { caller, account, invitation }: InvitationAccess,
): Statement {
  const { id, version, role, sentAt } = invitation;
  const there = sql`exists (select 1 from invites where id = ${id} and ${isPending(ctx)} and version = ${version} and sent_at = ${sentAt} and role = ${role})`;
  const within = isInReach(callerConditions(ctx), caller, account.id, role);
  return assertion(ctx.db, "conflict", sql`${there} and ${within}`);
}

/** By how much the clocks of two requests at once may differ, in milliseconds. */
const clockSkew = 60 * 1000;

/**
 * What belongs behind the statement that gives an invitation about to end a new end: to a request
 * whose clock is ahead it had ended, and its seat may be another's. Fails as `seat_limit_reached` then.
 */
export function assertSeatStillHeld(ctx: Context, { account, invitation }: InvitationAccess): Statement[] {
  return invitation.validUntil - ctx.now > clockSkew ? [] : [assertSeatsAvailable(ctx, account, 0)];
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
