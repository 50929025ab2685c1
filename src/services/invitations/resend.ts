import { eq } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { secondsUntilResend } from "../../domain/invitation.ts";
import { runBatch } from "../../storage/database.ts";
import { invites } from "../../storage/schema.ts";
import { assertAccess } from "../accounts/access.ts";
import { auditStatement } from "../audit.ts";
import type { Context } from "../caller/context.ts";
import {
  assertInvitationUnchanged,
  assertSeatStillHeld,
  checkMayGrantRole,
  getInvitation,
  renewedColumns,
  type StoredInvitation,
} from "./access.ts";
import { enqueueMail } from "./mail.ts";
import { checkSendQuota, consumeSendQuota } from "./send-quota.ts";

/**
 * Sends an invitation once more, with a new secret and a new end. Throws what `getInvitation` throws,
 * `forbidden` for a role above the caller's own, `resend_too_soon` within a minute of the last
 * sending, and `invitation_quota_exceeded`. Two round trips.
 */
export async function resendInvitation(ctx: Context, uuid: string): Promise<StoredInvitation> {
  const { db, now } = ctx;
  const access = await getInvitation(ctx, uuid);
  const { account, caller, invitation } = access;
  checkMayGrantRole(access, invitation.role);
  const retryAfter = secondsUntilResend(invitation.sentAt, now);
  if (retryAfter > 0) throw new DomainError("resend_too_soon", { retryAfter });
  checkSendQuota(ctx, account);

  const update = db
    .update(invites)
    .set(renewedColumns(invitation, now))
    .where(eq(invites.id, invitation.id))
    .returning();
  const [, , [resent]] = await runBatch(db, [
    assertAccess(ctx, access),
    assertInvitationUnchanged(ctx, access),
    update,
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.resent",
      target: `invite:${uuid}`,
      changes: { version: [invitation.version, invitation.version + 1] },
    }),
    ...consumeSendQuota(ctx, account),
    ...assertSeatStillHeld(ctx, access),
  ] as const);
  enqueueMail(ctx, { uuid, version: invitation.version + 1 });
  return { ...invitation, ...resent };
}
