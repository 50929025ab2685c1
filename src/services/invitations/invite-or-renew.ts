import { eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { secondsUntilResend } from "../../domain/invitation.ts";
import { normalizeEmail } from "../../domain/user.ts";
import { runBatch } from "../../storage/database.ts";
import { memoize, prepareQuery } from "../../storage/prepared.ts";
import { invites } from "../../storage/schema.ts";
import {
  accountIdByName,
  type AccountName,
  accountQuery,
  assertAccess,
  checkAccess,
} from "../accounts/access.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { replayable, withIdempotencyRecord } from "../idempotency.ts";
import {
  assertInvitationUnchanged,
  assertMayGrantRole,
  assertSeatStillHeld,
  checkMayGrantRole,
  type InvitationAccess,
  pendingInvitationQuery,
  renewedColumns,
} from "./access.ts";
import { assertNotMember, insertInvitation, isMemberEmail, type NewInvitation } from "./create.ts";
import { enqueueMail } from "./mail.ts";
import { checkSendQuota, consumeSendQuota } from "./send-quota.ts";

/**
 * Invites an address into an account, or renews its pending invitation: role, secret and end. Within
 * a minute of the last sending only the role changes. Throws what `checkAccess` throws,
 * `forbidden` for a role above the caller's own, `already_member`, `invitation_quota_exceeded` and
 * `seat_limit_reached`. Two round trips; one when nothing changes.
 */
export function inviteOrRenew(ctx: Context, which: AccountName, invite: NewInvitation): Promise<null> {
  return replayable(async () => {
    const emailKey = normalizeEmail(invite.email);
    const [caller, [found], [pending], [member]] = await queryAsCaller(
      ctx,
      accountQuery(ctx, which),
      pendingInvitationQuery(ctx, which, emailKey),
      memberQuery(which.by)(ctx.db, { name: which.value, emailKey }),
    );
    const access = checkAccess(ctx, caller, found);
    checkMayGrantRole(access, invite.role);
    if (member?.is === 1) throw new DomainError("already_member");
    if (pending !== undefined) await renew(ctx, { ...access, invitation: pending }, invite.role);
    else await insertInvitation(ctx, access, invite, { whenPending: "conflict", answer: () => null });
    return null;
  });
}

/** Reads whether an address is that of a member of an account. */
const memberQuery = memoize((by: AccountName["by"]) => {
  const isMember = sql<number>`${isMemberEmail(accountIdByName(by), sql.placeholder("emailKey"))}`.as(
    "is_member",
  );
  return prepareQuery((queries) => queries.select({ is: isMember }).from(sql`(select 1)`));
});

async function renew(ctx: Context, access: InvitationAccess, role: AccountRole): Promise<void> {
  const { db, now } = ctx;
  const { account, caller, invitation } = access;
  checkMayGrantRole(access, invitation.role);
  const due = secondsUntilResend(invitation.sentAt, now) === 0;
  const changes = due || invitation.role !== role;
  if (!changes && ctx.idempotency === undefined) return;
  if (due) checkSendQuota(ctx, account);
  const { version } = invitation;
  const sending = due ? renewedColumns(invitation, now) : {};
  const change = [
    db
      .update(invites)
      .set({ role, ...sending })
      .where(eq(invites.id, invitation.id)),
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.renewed",
      target: `invite:${invitation.uuid}`,
      changes: {
        ...(invitation.role === role ? {} : { role: [invitation.role, role] as const }),
        ...(due ? { version: [version, version + 1] as const } : {}),
      },
    }),
  ];
  const statements = [
    assertAccess(ctx, access),
    assertMayGrantRole(ctx, access, role),
    assertInvitationUnchanged(ctx, access),
    assertNotMember(db, { accountId: account.id, emailKey: normalizeEmail(invitation.email) }),
    ...(due ? consumeSendQuota(ctx, account) : []),
    ...(changes ? change : []),
    ...(due ? assertSeatStillHeld(ctx, access) : []),
  ];
  await runBatch(db, withIdempotencyRecord(ctx, caller, "null", statements));
  if (due) enqueueMail(ctx, { uuid: invitation.uuid, version: version + 1 });
}
