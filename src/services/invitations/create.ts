import { and, eq, type Placeholder, sql, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { initialRetryDelay, invitationLifetime } from "../../domain/invitation.ts";
import { normalizeEmail } from "../../domain/user.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { prepareStatement } from "../../storage/prepared.ts";
import { invites } from "../../storage/schema.ts";
import {
  type Access,
  accountQuery,
  assertAccess,
  checkCurrentAccess,
  currentOrganization,
} from "../accounts/access.ts";
import { assertSeatsAvailable } from "../accounts/limits.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { replayable, withIdempotencyRecord } from "../idempotency.ts";
import { assertMayGrantRole, checkMayGrantRole, type InvitationView } from "./access.ts";
import { enqueueMail } from "./mail.ts";
import { checkSendQuota, consumeSendQuota } from "./send-quota.ts";

export interface NewInvitation {
  readonly email: string;
  readonly role: AccountRole;
}

/**
 * Invites an address into the current organization. Throws what `checkCurrentAccess` throws,
 * `forbidden` for a role above the caller's own, `invitation_quota_exceeded`, `invitation_pending`,
 * `already_member` and `seat_limit_reached`, in this order. Two round trips.
 */
export function createInvitation(
  ctx: Context,
  name: string | undefined,
  readInvite: () => Promise<NewInvitation>,
): Promise<InvitationView> {
  return replayable(async () => {
    const [caller, [found]] = await queryAsCaller(ctx, accountQuery(ctx, currentOrganization(ctx, name)));
    const access = checkCurrentAccess(ctx, caller, found, name);
    const invite = await readInvite();
    checkMayGrantRole(access, invite.role);
    return insertInvitation(ctx, access, invite, {
      whenPending: "invitation_pending",
      answer: (made) => made,
    });
  });
}

/**
 * Writes a new invitation and has it mailed; `answer` is what is kept of it for a repeated request.
 * Throws `invitation_quota_exceeded`, `whenPending` where the address has one, `already_member` and `seat_limit_reached`.
 */
export async function insertInvitation(
  ctx: Context,
  access: Access,
  { email, role }: NewInvitation,
  { whenPending, answer }: { whenPending: WhenPending; answer: Answer },
): Promise<InvitationView> {
  const { db, now } = ctx;
  const { account, caller } = access;
  checkSendQuota(ctx, account);
  const made = {
    uuid: crypto.randomUUID(),
    email,
    role,
    inviter: caller.uuid,
    sentAt: now,
    validUntil: now + invitationLifetime,
  };
  const emailKey = normalizeEmail(email);
  const address = { accountId: account.id, emailKey };
  await runBatch(
    db,
    withIdempotencyRecord(ctx, caller, JSON.stringify(answer(made)), [
      assertAccess(ctx, access),
      assertMayGrantRole(ctx, access, role),
      revokeExpired(db, { ...address, now }),
      assertNonePending[whenPending](db, address),
      assertNotMember(db, address),
      assertSeatsAvailable(ctx, account),
      ...consumeSendQuota(ctx, account),
      insertRow(db, {
        ...address,
        uuid: made.uuid,
        email,
        role,
        invitedBy: caller.id,
        sentAt: now,
        validUntil: made.validUntil,
        mailAgainAt: now + initialRetryDelay,
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
  enqueueMail(ctx, { uuid: made.uuid, version: 1 });
  return made;
}

/** An invitation that is over gives way, though it is still called pending. */
const revokeExpired = prepareStatement(
  ["accountId", "emailKey", "now"],
  (db, { accountId, emailKey, now }) => {
    const same = and(eq(invites.accountId, accountId), eq(invites.emailKey, emailKey));
    return db
      .update(invites)
      .set({ state: "revoked" })
      .where(and(same, sql`state = 'pending' and valid_until <= ${now}`));
  },
);

const assertNonePending = {
  invitation_pending: requireNonePending("invitation_pending"),
  conflict: requireNonePending("conflict"),
};

function requireNonePending(code: WhenPending) {
  return prepareStatement(["accountId", "emailKey"], (db, { accountId, emailKey }) => {
    const pending = sql`select 1 from invites where account_id = ${accountId} and email_key = ${emailKey} and state = 'pending'`;
    return assertion(db, code, sql`not exists (${pending})`);
  });
}

/** A batch with this fails as `already_member` when a member of the account has the address. */
export const assertNotMember = prepareStatement(["accountId", "emailKey"], (db, { accountId, emailKey }) =>
  assertion(db, "already_member", sql`not ${isMemberEmail(accountId, emailKey)}`),
);

const insertRow = prepareStatement(
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
export function isMemberEmail(accountId: SQL | Placeholder, emailKey: string | Placeholder): SQL<boolean> {
  const asStored = sql`users.email_key = ${emailKey} and (users.verified_email = ${emailKey} or not exists (select 1 from identities where identities.user_id = users.id))`;
  // The latter part as the index has it: else SQLite would not use it.
  const elsewhere = sql`users.verified_email = ${emailKey} and users.verified_email <> users.email_key`;
  return sql`exists (select 1 from users cross join memberships where (${asStored} or ${elsewhere}) and memberships.user_id = users.id and memberships.account_id = ${accountId})`;
}

type WhenPending = "invitation_pending" | "conflict";
type Answer = (made: InvitationView) => InvitationView | null;
