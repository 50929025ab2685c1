import { eq, sql, type SQL } from "drizzle-orm";

import { accountRoles, blockingStateAt, isBlocked, type AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { accounts, invites, memberships } from "../../storage/schema.ts";
import { joinsMembership } from "../accounts/access.ts";
import { assertMemberSeat } from "../accounts/limits.ts";
import { queryAsCaller, verifiedAddress, type Caller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { commit } from "../commit.ts";
import { changeRoles } from "../members/memberships.ts";
import { isPending } from "./access.ts";
import { parseInvitationToken } from "./token.ts";

/** The account that was joined. */
export interface JoinedAccount {
  readonly uuid: string;
  readonly slug: string;
}

/**
 * Makes the caller a member by an invitation's secret, regardless of the invited address. The caller's role is never
 * lowered. Accepting again returns the same. Throws `invitation_not_found` for a secret that is wrong, used,
 * expired or revoked, `account_blocked` and `seat_limit_reached`. Two round trips.
 */
export async function acceptInvitation(ctx: Context, secret: string): Promise<JoinedAccount> {
  const reference = await parseInvitationToken(ctx.settings.inviteSecret, secret);
  if (reference === undefined) {
    // Invalid credentials take precedence over an invalid secret.
    await queryAsCaller(ctx);
    throw new DomainError("invitation_not_found");
  }
  const { uuid, version } = reference;
  return accept(ctx, sql`invites.uuid = ${uuid} and invites.version = ${version}`, () => true);
}

/**
 * Makes the caller a member by an invitation's uuid, as `acceptInvitation` does. Throws `email_not_verified`
 * unless it was sent to the caller's verified address.
 */
export function acceptReceivedInvitation(ctx: Context, uuid: string): Promise<JoinedAccount> {
  const isRecipient = (caller: Caller, { emailKey }: OfferedInvitation) =>
    verifiedAddress(ctx, caller) === emailKey;
  return accept(ctx, sql`invites.uuid = ${uuid}`, isRecipient);
}

function accept(
  ctx: Context,
  which: SQL,
  mayAccept: (caller: Caller, invitation: OfferedInvitation) => boolean,
): Promise<JoinedAccount> {
  const { db, now } = ctx;
  return commit(ctx, [invitationQuery(ctx, which)] as const, (caller, [invitation]) => {
    if (invitation === undefined) throw new DomainError("invitation_not_found");
    const joined = { uuid: invitation.accountUuid, slug: invitation.accountSlug };
    if (invitation.state === "accepted" && invitation.acceptedBy === caller.id) {
      return { access: "self", unchanged: joined };
    }
    if (invitation.state !== "pending" || invitation.validUntil <= now) {
      throw new DomainError("invitation_not_found");
    }
    if (!mayAccept(caller, invitation)) throw new DomainError("email_not_verified");
    const state = blockingStateAt(invitation.blockingState, invitation.quotaUntil, now);
    if (isBlocked(state) && !caller.globalPermissions.has("manage")) {
      throw new DomainError("account_blocked", { blockingState: state });
    }

    const { accountId, callerRole } = invitation;
    const role = higherRole(invitation.role, callerRole);
    const changes = callerRole === role ? [] : [{ id: caller.id, role: callerRole, next: role }];
    return {
      access: "self",
      assert: [
        assertInvitationAcceptable(ctx, caller, invitation),
        ...(callerRole === null ? [assertMemberSeat(ctx, { id: accountId })] : []),
      ],
      write: [
        db
          .update(invites)
          .set({ state: "accepted", acceptedBy: caller.id })
          .where(eq(invites.id, invitation.id)),
        ...changeRoles(ctx, accountId, changes),
      ],
      audit: {
        accountId,
        action: "invite.accepted",
        target: `invite:${invitation.uuid}`,
        changes: { role: [callerRole, role] },
      },
      result: joined,
    };
  });
}

function invitationQuery(ctx: Context, which: SQL) {
  return ctx.db
    .select({
      id: invites.id,
      uuid: sql<string>`invites.uuid`.as("invite_uuid"),
      emailKey: invites.emailKey,
      role: sql<AccountRole>`invites.role`.as("invite_role"),
      state: invites.state,
      version: sql<number>`invites.version`.as("invite_version"),
      validUntil: invites.validUntil,
      acceptedBy: invites.acceptedBy,
      accountId: sql<number>`accounts.id`.as("invite_account"),
      accountUuid: sql<string>`accounts.uuid`.as("account_uuid"),
      accountSlug: accounts.slug,
      blockingState: accounts.blockingState,
      quotaUntil: accounts.quotaUntil,
      callerRole: sql<AccountRole | null>`memberships.role`.as("caller_role"),
    })
    .from(invites)
    .innerJoin(accounts, eq(accounts.id, invites.accountId))
    .leftJoin(memberships, joinsMembership(callerConditions(ctx).userId))
    .where(which);
}

type OfferedInvitation = Awaited<ReturnType<typeof invitationQuery>>[number];

/** Aborts the batch with `conflict` if the invitation, the account's block or the caller's role changed. */
function assertInvitationAcceptable(ctx: Context, caller: Caller, invitation: OfferedInvitation): Statement {
  const { id, version, role, accountId, callerRole } = invitation;
  const { hasPermission } = callerConditions(ctx);
  const same = sql`exists (select 1 from invites where id = ${id} and ${isPending(ctx)} and version = ${version} and role = ${role})`;
  const unblocked = sql`exists (select 1 from accounts where id = ${accountId} and (blocking_state = 'unblocked' or ${hasPermission("manage")}))`;
  const currentRole = sql`(select role from memberships where user_id = ${caller.id} and account_id = ${accountId})`;
  return assertion(ctx.db, "conflict", sql`${same} and ${unblocked} and ${currentRole} is ${callerRole}`);
}

/** Roles are listed from the highest down. */
function higherRole(offered: AccountRole, present: AccountRole | null): AccountRole {
  return accountRoles.find((role) => role === offered || role === present) ?? offered;
}
