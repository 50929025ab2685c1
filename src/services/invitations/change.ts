import { eq } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { secondsUntilResend } from "../../domain/invitation.ts";
import { normalizeEmail } from "../../domain/user.ts";
import { invites } from "../../storage/schema.ts";
import { accountQuery, checkAccess, type AccountName } from "../accounts/access.ts";
import type { Context } from "../caller/context.ts";
import { commit, type Change } from "../commit.ts";
import {
  assertInvitationUnchanged,
  assertSeatStillHeld,
  checkInvitationAccess,
  checkMayGrantRole,
  invitationQueries,
  pendingInvitationQuery,
  renewedColumns,
  type InvitationAccess,
  type StoredInvitation,
} from "./access.ts";
import { assertSendQuota, checkSendQuota, countSending } from "./send-quota.ts";
import { mailJob } from "./token.ts";

/**
 * Sends an invitation again with a new secret and expiry. Throws what `checkInvitationAccess` throws, `forbidden`
 * for a role above the caller's own, `resend_too_soon` within a minute of the last sending, and
 * `invitation_quota_exceeded`. Two round trips.
 */
export function resendInvitation(ctx: Context, uuid: string): Promise<StoredInvitation> {
  const { db, now } = ctx;
  return commit(ctx, invitationQueries(ctx, uuid), (caller, [found], [invitation]) => {
    const access = checkInvitationAccess(ctx, caller, found, invitation);
    const { account } = access;
    const { id, role, sentAt, version } = access.invitation;
    checkMayGrantRole(access, role);
    const retryAfter = secondsUntilResend(sentAt, now);
    if (retryAfter > 0) throw new DomainError("resend_too_soon", { retryAfter });
    checkSendQuota(ctx, account);
    const renewed = renewedColumns(access.invitation, now);
    return {
      access,
      assert: [...assertInvitationUnchanged(ctx, access), ...assertSendQuota(ctx, account)],
      write: [db.update(invites).set(renewed).where(eq(invites.id, id)), countSending(ctx, account)],
      assertAfter: assertSeatStillHeld(ctx, access),
      audit: {
        accountId: account.id,
        action: "invite.resent",
        target: `invite:${uuid}`,
        changes: { version: [version, renewed.version] },
      },
      result: { ...access.invitation, ...renewed },
      jobs: [{ job: mailJob({ uuid, version: renewed.version }) }],
    };
  });
}

/**
 * Revokes an invitation, which frees its seat. Throws what `checkInvitationAccess` throws, and `forbidden` for a
 * role above the caller's own. Two round trips.
 */
export function revokeInvitation(ctx: Context, uuid: string): Promise<void> {
  return commit(ctx, invitationQueries(ctx, uuid), (caller, [found], [invitation]) =>
    revocation(ctx, checkInvitationAccess(ctx, caller, found, invitation)),
  );
}

/**
 * Revokes the pending invitation of an address to an account. Throws what `checkAccess` throws,
 * `invitation_not_found`, and `forbidden` for a role above the caller's own. Two round trips.
 */
export function revokeInvitationByEmail(ctx: Context, which: AccountName, email: string): Promise<void> {
  const reads = [
    accountQuery(ctx, which),
    pendingInvitationQuery(ctx, which, normalizeEmail(email)),
  ] as const;
  return commit(ctx, reads, (caller, [found], [invitation]) => {
    const access = checkAccess(ctx, caller, found);
    if (invitation === undefined) throw new DomainError("invitation_not_found");
    return revocation(ctx, { ...access, invitation });
  });
}

function revocation(ctx: Context, access: InvitationAccess): Change<undefined> {
  const { account, invitation } = access;
  checkMayGrantRole(access, invitation.role);
  return {
    access,
    assert: assertInvitationUnchanged(ctx, access),
    write: [ctx.db.update(invites).set({ state: "revoked" }).where(eq(invites.id, invitation.id))],
    audit: {
      accountId: account.id,
      action: "invite.revoked",
      target: `invite:${invitation.uuid}`,
      changes: { email: [invitation.email, null], role: [invitation.role, null] },
    },
    result: undefined,
  };
}
