import { and, eq, type Placeholder, sql, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { initialRetryDelay, invitationLifetime, rolesAtLeast } from "../../domain/invitation.ts";
import { joinName } from "../../domain/user.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { memoize, prepareQuery, prepareStatement } from "../../storage/prepared.ts";
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
import type { Context } from "../caller/context.ts";

/** A pending invitation as it was read. */
export type StoredInvitation = Pick<
  typeof invites.$inferSelect,
  "id" | "uuid" | "email" | "role" | "version" | "sentAt" | "validUntil"
> & {
  /** The inviter's uuid; null if that user was deleted. */
  readonly inviter: string | null;
};

/** The fields of an invitation that clients see. */
export type InvitationView = Omit<StoredInvitation, "id" | "version">;

/** An invitation, and the caller's access to its account. */
export interface InvitationAccess extends Access {
  readonly invitation: StoredInvitation;
}

/** Whether an invitation can still be accepted. All others are treated as missing. */
export function isPending({ now }: { readonly now: number | Placeholder }): SQL {
  // A literal, not a bound value: otherwise SQLite would not use the partial indexes of pending invitations.
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

/** Selects invitations with their inviters. */
export function invitationsQuery(ctx: Context, which: SQL | undefined) {
  return ctx.db.select(invitationColumns).from(invites).leftJoin(users, isInviter).where(which);
}

/** Selects the pending invitation of an address to an account. */
export function pendingInvitationQuery(ctx: Context, { by, value }: AccountName, emailKey: string) {
  return pendingInvitationByEmail(by)(ctx.db, { name: value, emailKey, now: ctx.now });
}

const pendingInvitationByEmail = memoize((by: AccountName["by"]) => {
  const address = sql`invites.account_id = ${accountIdByName(by)} and invites.email_key = ${sql.placeholder("emailKey")}`;
  return prepareQuery((queries) =>
    queries
      .select(invitationColumns)
      .from(invites)
      .leftJoin(users, isInviter)
      .where(and(address, isPending({ now: sql.placeholder("now") }))),
  );
});

/** Selects a pending invitation by uuid: its account with the caller's role, and the invitation. */
export function invitationQueries(ctx: Context, uuid: string) {
  const which = and(sql`invites.uuid = ${uuid}`, isPending(ctx));
  return [
    accountQuery(ctx, sql`accounts.id = (select invites.account_id from invites where ${which})`),
    invitationsQuery(ctx, which),
  ] as const;
}

/** Returns a pending invitation. Throws what `checkInvitationAccess` throws. One round trip. */
export async function getInvitation(ctx: Context, uuid: string): Promise<InvitationAccess> {
  const [caller, [account], [invitation]] = await queryAsCaller(ctx, ...invitationQueries(ctx, uuid));
  return checkInvitationAccess(ctx, caller, account, invitation);
}

/**
 * Checks access to the account of an invitation. Throws `invitation_not_found` to outsiders, whether the
 * invitation exists or not, and else what `checkAccess` throws.
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
    const hidden = error instanceof DomainError && error.code === "account_not_visible";
    throw hidden ? new DomainError("invitation_not_found") : error;
  }
}

/**
 * Checks that the caller may offer, renew or revoke a role on the account: none above their own, unless they may
 * write invitations of every account. Throws `forbidden`.
 */
export function checkMayGrantRole({ caller, account }: Access, role: AccountRole): void {
  const allowed = account.callerRole !== null && rolesAtLeast(role).includes(account.callerRole);
  if (!allowed && !caller.globalPermissions.has("invites:write")) {
    throw new DomainError("forbidden", { role });
  }
}

/** Aborts the batch with `conflict` unless `checkMayGrantRole` would still succeed. */
export const assertMayGrantRole = prepareAssertion(
  ({ hasPermission }, callerUser, accountId, role: AccountRole) =>
    sql`(${hasPermission("invites:write")} or ${hasMembership(callerUser, accountId, rolesAtLeast(role))})`,
);

/** Returns the columns that sending an invitation again changes: secret, expiry, and that a mail is due. */
export function renewedColumns({ version }: StoredInvitation, now: number) {
  return {
    version: version + 1,
    sentAt: now,
    validUntil: now + invitationLifetime,
    mailedAt: null,
    mailAgainAt: now + initialRetryDelay,
  };
}

/** Aborts the batch with `conflict` unless the invitation is what was read and the caller may still change it. */
export function assertInvitationUnchanged(ctx: Context, access: InvitationAccess): Statement[] {
  const { id, version, role, sentAt } = access.invitation;
  return [
    invitationUnchanged(ctx.db, { id, version, role, sentAt, now: ctx.now }),
    assertMayGrantRole(ctx, access, role),
  ];
}

const invitationUnchanged = prepareStatement(
  ["id", "version", "role", "sentAt", "now"],
  (db, { id, version, role, sentAt, now }) => {
    const same = sql`exists (select 1 from invites where id = ${id} and ${isPending({ now })} and version = ${version} and sent_at = ${sentAt} and role = ${role})`;
    return assertion(db, "conflict", same);
  },
);

/** How far the clocks of two simultaneous requests may differ, in milliseconds. */
const clockSkew = 60 * 1000;

/**
 * Returns an assertion to run after an invitation that is about to expire was extended. A request with a faster
 * clock may have given its seat away already: the batch is then aborted with `seat_limit_reached`.
 */
export function assertSeatStillHeld(ctx: Context, { account, invitation }: InvitationAccess): Statement[] {
  return invitation.validUntil - ctx.now > clockSkew ? [] : [assertSeatsAvailable(ctx, account, 0)];
}

/** Columns for `inviterName`; the query joins users as the inviters. */
export const inviterColumns = {
  inviterId: users.id,
  firstName: users.firstName,
  lastName: users.lastName,
  inviterEmail: sql<string>`users.email`.as("inviter_email"),
};

/** Display name of the inviter: full name, or e-mail if no name is set; null if the user was deleted. */
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
