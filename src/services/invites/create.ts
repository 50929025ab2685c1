import { and, eq, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { inviteValidity } from "../../domain/invite.ts";
import { normalEmail } from "../../domain/user.ts";
import { precondition, runBatch } from "../../storage/database.ts";
import { invites } from "../../storage/schema.ts";
import { accessStillHolds, accountQuery } from "../accounts/access.ts";
import { isCurrent, requireCurrent } from "../accounts/current.ts";
import { seatLeft } from "../accounts/seats.ts";
import { auditStatement } from "../audit.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { requireReach, stillReaches, type FoundInvite } from "./access.ts";

export interface NewInvite {
  readonly email: string;
  readonly role: AccountRole;
}

/**
 * Invites an address into the current organization. Throws what `requireCurrent` throws,
 * `forbidden` for a role above the caller's own, `invite_pending`, `already_member` and
 * `seats_taken`, in this order. Two round trips.
 */
export async function createInvite(
  ctx: Context,
  name: string | undefined,
  readInvite: () => Promise<NewInvite>,
): Promise<FoundInvite> {
  const { db, now } = ctx;
  const [caller, [found]] = await readAs(ctx, accountQuery(ctx, isCurrent(ctx, name)));
  const access = requireCurrent(ctx, caller, found, name);
  const { account } = access;
  const { email, role } = await readInvite();
  requireReach(access, role);

  const uuid = crypto.randomUUID();
  const emailKey = normalEmail(email);
  const same = and(eq(invites.accountId, account.id), eq(invites.emailKey, emailKey));
  const expire = db
    .update(invites)
    .set({ state: "revoked" })
    .where(and(same, sql`state = 'pending' and valid_until <= ${now}`));
  // Found through the address, of which there are few, and not through all members.
  const members = sql`select 1 from users cross join memberships where users.email_key = ${emailKey} and memberships.user_id = users.id and memberships.account_id = ${account.id}`;
  const pending = sql`select 1 from invites where account_id = ${account.id} and email_key = ${emailKey} and state = 'pending'`;
  const insert = db
    .insert(invites)
    .values({
      uuid,
      accountId: account.id,
      email,
      emailKey,
      role,
      invitedBy: caller.id,
      sentAt: now,
      validUntil: now + inviteValidity,
      createdAt: now,
    })
    .returning();
  const [, , , , , , [made]] = await runBatch(db, [
    accessStillHolds(ctx, access),
    precondition(db, "changed_meanwhile", stillReaches(ctx, access, role)),
    expire,
    precondition(db, "invite_pending", sql`not exists (${pending})`),
    precondition(db, "already_member", sql`not exists (${members})`),
    seatLeft(ctx, account),
    insert,
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.created",
      target: `invite:${uuid}`,
      changes: { email: [null, email], role: [null, role] },
    }),
  ] as const);
  if (made === undefined) throw new Error("An insert that did not fail returned no row");
  return { ...made, inviter: caller.uuid };
}
