import { and, eq, sql, type SQL } from "drizzle-orm";

import { type AccountRole, accountRoles, blockingStateAt, isBlocked } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { assertion, runBatch, type Statement } from "../../storage/database.ts";
import { accounts, invites, memberships } from "../../storage/schema.ts";
import { joinsMembership } from "../accounts/access.ts";
import { assertMemberSeat } from "../accounts/limits.ts";
import { auditStatement } from "../audit.ts";
import { type Caller, queryAsCaller, verifiedAddress } from "../caller/caller.ts";
import { assertCallerActive, hasGlobalPermission } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { callerId } from "../caller/credentials.ts";
import { isPending } from "./access.ts";
import { parseInvitationToken } from "./token.ts";

/** The account that was joined. */
export interface JoinedAccount {
  readonly uuid: string;
  readonly slug: string;
}

/**
 * Makes the caller a member by an invitation's secret, in whoever's hands it is; a role the caller
 * has is never lowered. Whoever accepted it before is answered the same again. Throws
 * `invitation_not_found` alike for a secret that is wrong, used, expired or revoked, `account_blocked`
 * and `seat_limit_reached`. Two round trips.
 */
export async function acceptInvitation(ctx: Context, secret: string): Promise<JoinedAccount> {
  const reference = await parseInvitationToken(ctx.settings.inviteSecret, secret);
  if (reference === undefined) {
    await queryAsCaller(ctx);
    throw new DomainError("invitation_not_found");
  }
  const { uuid, version } = reference;
  return accept(ctx, sql`invites.uuid = ${uuid} and invites.version = ${version}`, () => true);
}

/**
 * Makes the caller a member by an invitation's uuid, as `acceptInvitation` does; throws
 * `email_not_verified` unless it was sent to the caller's verified address.
 */
export function acceptReceivedInvitation(ctx: Context, uuid: string): Promise<JoinedAccount> {
  const isOwn = (caller: Caller, { emailKey }: FoundInvitation) => verifiedAddress(ctx, caller) === emailKey;
  return accept(ctx, sql`invites.uuid = ${uuid}`, isOwn);
}

async function accept(
  ctx: Context,
  which: SQL,
  mayAccept: (caller: Caller, invite: FoundInvitation) => boolean,
): Promise<JoinedAccount> {
  const { db, now } = ctx;
  const [caller, [invite]] = await queryAsCaller(ctx, invitationQuery(ctx, which));
  if (invite === undefined) throw new DomainError("invitation_not_found");
  const joined = { uuid: invite.accountUuid, slug: invite.accountSlug };
  if (invite.state === "accepted" && invite.acceptedBy === caller.id) return joined;
  if (invite.state !== "pending" || invite.validUntil <= now) throw new DomainError("invitation_not_found");
  if (!mayAccept(caller, invite)) throw new DomainError("email_not_verified");
  const state = blockingStateAt(invite.blockingState, invite.quotaUntil, now);
  if (isBlocked(state) && !caller.globalPermissions.has("manage")) {
    throw new DomainError("account_blocked", { blockingState: state });
  }

  const role = higherRole(invite.role, invite.callerRole);
  await runBatch(db, [
    assertCallerActive(ctx, caller),
    asFound(ctx, caller, invite),
    db.update(invites).set({ state: "accepted", acceptedBy: caller.id }).where(eq(invites.id, invite.id)),
    ...joining(ctx, caller, invite, role),
    auditStatement(ctx, caller, {
      accountId: invite.accountId,
      action: "invite.accepted",
      target: `invite:${invite.uuid}`,
      changes: { role: [invite.callerRole, role] },
    }),
  ]);
  return joined;
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
    .leftJoin(memberships, joinsMembership(callerId(ctx)))
    .where(which);
}

type FoundInvitation = Awaited<ReturnType<typeof invitationQuery>>[number];

/** Nothing that was decided on has changed: the invitation, the block, the role the caller has. */
function asFound(ctx: Context, caller: Caller, invite: FoundInvitation): Statement {
  const { id, version, role, accountId, callerRole } = invite;
  const same = sql`exists (select 1 from invites where id = ${id} and ${isPending(ctx)} and version = ${version} and role = ${role})`;
  const open = sql`exists (select 1 from accounts where id = ${accountId} and (blocking_state = 'unblocked' or ${hasGlobalPermission(ctx, "manage")}))`;
  const roleThen = sql`(select role from memberships where user_id = ${caller.id} and account_id = ${accountId})`;
  return assertion(ctx.db, "conflict", sql`${same} and ${open} and ${roleThen} is ${callerRole}`);
}

/** The membership that comes of it; none where the caller has one as high. */
function joining(ctx: Context, caller: Caller, invite: FoundInvitation, role: AccountRole): Statement[] {
  const { db, now } = ctx;
  const { accountId, callerRole } = invite;
  if (callerRole === role) return [];
  if (callerRole !== null) {
    const own = and(eq(memberships.userId, caller.id), eq(memberships.accountId, accountId));
    return [db.update(memberships).set({ role }).where(own)];
  }
  return [
    assertMemberSeat(ctx, { id: accountId }),
    db.insert(memberships).values({ accountId, userId: caller.id, role, createdAt: now }),
  ];
}

/** The roles are listed from the highest down. */
function higherRole(offered: AccountRole, present: AccountRole | null): AccountRole {
  return accountRoles.find((role) => role === offered || role === present) ?? offered;
}
