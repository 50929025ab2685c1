import { and, eq, sql, type Placeholder, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { firstPatience, inviteValidity } from "../../domain/invite.ts";
import { normalEmail } from "../../domain/user.ts";
import { precondition, runBatch } from "../../storage/database.ts";
import { keepStatement } from "../../storage/kept-query.ts";
import { invites } from "../../storage/schema/invites.ts";
import { accessStillHolds, accountQuery, type Access } from "../accounts/access.ts";
import { isCurrent, requireCurrent } from "../accounts/current.ts";
import { seatLeft } from "../accounts/seats.ts";
import { auditStatement } from "../audit.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { keeping, once } from "../repeats.ts";
import { reachStillHolds, requireReach, type ShownInvite } from "./access.ts";
import { countingInvite, requireInvitesLeft } from "./hourly.ts";
import { mailLater } from "./mail.ts";

export interface NewInvite {
  readonly email: string;
  readonly role: AccountRole;
}

/**
 * Invites an address into the current organization. Throws what `requireCurrent` throws,
 * `forbidden` for a role above the caller's own, `too_many_invites`, `invite_pending`,
 * `already_member` and `seats_taken`, in this order. Two round trips.
 */
export function createInvite(
  ctx: Context,
  name: string | undefined,
  readInvite: () => Promise<NewInvite>,
): Promise<ShownInvite> {
  return once(async () => {
    const [caller, [found]] = await readAs(ctx, accountQuery(ctx, isCurrent(ctx, name)));
    const access = requireCurrent(ctx, caller, found, name);
    const invite = await readInvite();
    requireReach(access, invite.role);
    return insertInvite(ctx, access, invite, { whenPending: "invite_pending", answer: (made) => made });
  });
}

/**
 * Writes a new invitation and has it mailed; `answer` is what is kept of it for a repeated request.
 * Throws `too_many_invites`, `whenPending` where the address has one, `already_member` and `seats_taken`.
 */
export async function insertInvite(
  ctx: Context,
  access: Access,
  { email, role }: NewInvite,
  { whenPending, answer }: { whenPending: WhenPending; answer: Answer },
): Promise<ShownInvite> {
  const { db, now } = ctx;
  const { account, caller } = access;
  requireInvitesLeft(ctx, account);
  const made = {
    uuid: crypto.randomUUID(),
    email,
    role,
    inviter: caller.uuid,
    sentAt: now,
    validUntil: now + inviteValidity,
  };
  const emailKey = normalEmail(email);
  const address = { accountId: account.id, emailKey };
  await runBatch(
    db,
    keeping(ctx, caller, JSON.stringify(answer(made)), [
      accessStillHolds(ctx, access),
      reachStillHolds(ctx, access, role),
      endOver(db, { ...address, now }),
      nonePending[whenPending](db, address),
      noMember(db, address),
      seatLeft(ctx, account),
      ...countingInvite(ctx, account),
      insertRow(db, {
        ...address,
        uuid: made.uuid,
        email,
        role,
        invitedBy: caller.id,
        sentAt: now,
        validUntil: made.validUntil,
        mailAgainAt: now + firstPatience,
        createdAt: now,
      }),
      auditStatement(ctx, caller, {
        accountId: account.id,
        action: "invite.created",
        target: `invite:${made.uuid}`,
        changes: { email: [null, email], role: [null, role] },
      }),
    ]),
  );
  mailLater(ctx, { uuid: made.uuid, version: 1 });
  return made;
}

/** An invitation that is over gives way, though it is still called pending. */
const endOver = keepStatement(["accountId", "emailKey", "now"], (db, { accountId, emailKey, now }) => {
  const same = and(eq(invites.accountId, accountId), eq(invites.emailKey, emailKey));
  return db
    .update(invites)
    .set({ state: "revoked" })
    .where(and(same, sql`state = 'pending' and valid_until <= ${now}`));
});

const nonePending = {
  invite_pending: requireNonePending("invite_pending"),
  changed_meanwhile: requireNonePending("changed_meanwhile"),
};

function requireNonePending(code: WhenPending) {
  return keepStatement(["accountId", "emailKey"], (db, { accountId, emailKey }) => {
    const pending = sql`select 1 from invites where account_id = ${accountId} and email_key = ${emailKey} and state = 'pending'`;
    return precondition(db, code, sql`not exists (${pending})`);
  });
}

/** A batch with this fails as `already_member` when a member of the account has the address. */
export const noMember = keepStatement(["accountId", "emailKey"], (db, { accountId, emailKey }) =>
  precondition(db, "already_member", sql`not ${isMemberAddress(accountId, emailKey)}`),
);

const insertRow = keepStatement(
  [
    "uuid",
    "accountId",
    "email",
    "emailKey",
    "role",
    "invitedBy",
    "sentAt",
    "validUntil",
    "mailAgainAt",
    "createdAt",
  ],
  (db, slots) => db.insert(invites).values(slots),
);

/**
 * Whether a member of an account has this address: one an issuer vouched for, whatever they call theirs since,
 * or was given before the user first signed in – never one they gave themselves. Found through the address, of
 * which there are few.
 */
export function isMemberAddress(accountId: SQL | Placeholder, emailKey: string | Placeholder): SQL<boolean> {
  const asStored = sql`users.email_key = ${emailKey} and (users.verified_email = ${emailKey} or not exists (select 1 from identities where identities.user_id = users.id))`;
  // The latter part as the index has it: else SQLite would not use it.
  const elsewhere = sql`users.verified_email = ${emailKey} and users.verified_email <> users.email_key`;
  return sql`exists (select 1 from users cross join memberships where (${asStored} or ${elsewhere}) and memberships.user_id = users.id and memberships.account_id = ${accountId})`;
}

type WhenPending = "invite_pending" | "changed_meanwhile";
type Answer = (made: ShownInvite) => ShownInvite | null;
