import { eq } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { secondsToResend } from "../../domain/invite.ts";
import { runBatch } from "../../storage/database.ts";
import { invites } from "../../storage/schema/invites.ts";
import { accessStillHolds } from "../accounts/access.ts";
import { auditStatement } from "../audit.ts";
import type { Context } from "../context.ts";
import { inviteStillStands, nextSending, requireReach, seatKept, type FoundInvite } from "./access.ts";
import { getInvite } from "./get.ts";
import { countingInvite, requireInvitesLeft } from "./hourly.ts";
import { mailLater } from "./mail.ts";

/**
 * Sends an invitation once more, with a new secret and a new end. Throws what `getInvite` throws,
 * `forbidden` for a role above the caller's own, `too_soon` within a minute of the last
 * sending, and `too_many_invites`. Two round trips.
 */
export async function resendInvite(ctx: Context, uuid: string): Promise<FoundInvite> {
  const { db, now } = ctx;
  const access = await getInvite(ctx, uuid);
  const { account, caller, invite } = access;
  requireReach(access, invite.role);
  const retryAfter = secondsToResend(invite.sentAt, now);
  if (retryAfter > 0) throw new DomainError("too_soon", { retryAfter });
  requireInvitesLeft(ctx, account);

  const update = db
    .update(invites)
    .set(nextSending(invite, now))
    .where(eq(invites.id, invite.id))
    .returning();
  const [, , [resent]] = await runBatch(db, [
    accessStillHolds(ctx, access),
    inviteStillStands(ctx, access),
    update,
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.resent",
      target: `invite:${uuid}`,
      changes: { version: [invite.version, invite.version + 1] },
    }),
    ...countingInvite(ctx, account),
    ...seatKept(ctx, access),
  ] as const);
  mailLater(ctx, { uuid, version: invite.version + 1 });
  return { ...invite, ...resent };
}
