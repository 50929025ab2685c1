import { eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { secondsToResend } from "../../domain/invite.ts";
import { normalEmail } from "../../domain/user.ts";
import { runBatch } from "../../storage/database.ts";
import { keepEach, keepQuery } from "../../storage/kept-query.ts";
import { invites } from "../../storage/schema/invites.ts";
import {
  accessStillHolds,
  accountQuery,
  idNamed,
  requireAccess,
  type AccountName,
} from "../accounts/access.ts";
import { auditStatement } from "../audit.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { keeping, once } from "../repeats.ts";
import {
  inviteStillStands,
  nextSending,
  pendingInviteQuery,
  reachStillHolds,
  requireReach,
  seatKept,
  type InviteAccess,
} from "./access.ts";
import { insertInvite, isMemberAddress, noMember, type NewInvite } from "./create.ts";
import { countingInvite, requireInvitesLeft } from "./hourly.ts";
import { mailLater } from "./mail.ts";

/**
 * Invites an address into an account, or renews its pending invitation: role, secret and end. Within
 * a minute of the last sending only the role changes. Throws what `requireAccess` throws,
 * `forbidden` for a role above the caller's own, `already_member`, `too_many_invites` and
 * `seats_taken`. Two round trips; one when nothing changes.
 */
export function inviteAddress(ctx: Context, which: AccountName, invite: NewInvite): Promise<null> {
  return once(async () => {
    const emailKey = normalEmail(invite.email);
    const [caller, [found], [pending], [member]] = await readAs(
      ctx,
      accountQuery(ctx, which),
      pendingInviteQuery(ctx, which, emailKey),
      memberQuery(which.by)(ctx.db, { name: which.value, emailKey }),
    );
    const access = requireAccess(ctx, caller, found);
    requireReach(access, invite.role);
    if (member?.is === 1) throw new DomainError("already_member");
    if (pending !== undefined) await renew(ctx, { ...access, invite: pending }, invite.role);
    else await insertInvite(ctx, access, invite, { whenPending: "changed_meanwhile", answer: () => null });
    return null;
  });
}

/** Reads whether an address is that of a member of an account. */
const memberQuery = keepEach((by: AccountName["by"]) => {
  const isMember = sql<number>`${isMemberAddress(idNamed(by), sql.placeholder("emailKey"))}`.as("is_member");
  return keepQuery((queries) => queries.select({ is: isMember }).from(sql`(select 1)`));
});

async function renew(ctx: Context, access: InviteAccess, role: AccountRole): Promise<void> {
  const { db, now } = ctx;
  const { account, caller, invite } = access;
  requireReach(access, invite.role);
  const due = secondsToResend(invite.sentAt, now) === 0;
  const changes = due || invite.role !== role;
  if (!changes && ctx.repeatable === undefined) return;
  if (due) requireInvitesLeft(ctx, account);
  const { version } = invite;
  const sending = due ? nextSending(invite, now) : {};
  const change = [
    db
      .update(invites)
      .set({ role, ...sending })
      .where(eq(invites.id, invite.id)),
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.renewed",
      target: `invite:${invite.uuid}`,
      changes: {
        ...(invite.role === role ? {} : { role: [invite.role, role] as const }),
        ...(due ? { version: [version, version + 1] as const } : {}),
      },
    }),
  ];
  const statements = [
    accessStillHolds(ctx, access),
    reachStillHolds(ctx, access, role),
    inviteStillStands(ctx, access),
    noMember(db, { accountId: account.id, emailKey: normalEmail(invite.email) }),
    ...(due ? countingInvite(ctx, account) : []),
    ...(changes ? change : []),
    ...(due ? seatKept(ctx, access) : []),
  ];
  await runBatch(db, keeping(ctx, caller, "null", statements));
  if (due) mailLater(ctx, { uuid: invite.uuid, version: version + 1 });
}
