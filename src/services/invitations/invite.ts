import { and, eq, sql, type Placeholder, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { initialRetryDelay, invitationLifetime, secondsUntilResend } from "../../domain/invitation.ts";
import { normalizeEmail } from "../../domain/user.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { memoize, prepareQuery, prepareStatement } from "../../storage/prepared.ts";
import { invites } from "../../storage/schema.ts";
import {
  accountIdByName,
  accountQuery,
  checkAccess,
  checkCurrentAccess,
  currentOrganization,
  type Access,
  type AccountName,
} from "../accounts/access.ts";
import { assertSeatsAvailable } from "../accounts/limits.ts";
import type { Context } from "../caller/context.ts";
import { commit, type Change, type NoChange } from "../commit.ts";
import {
  assertInvitationUnchanged,
  assertMayGrantRole,
  assertSeatStillHeld,
  checkMayGrantRole,
  pendingInvitationQuery,
  renewedColumns,
  type InvitationAccess,
  type InvitationView,
} from "./access.ts";
import { assertSendQuota, checkSendQuota, countSending } from "./send-quota.ts";
import { mailJob } from "./token.ts";

export interface NewInvitation {
  readonly email: string;
  readonly role: AccountRole;
}

/**
 * Invites an address into the current organization. Throws what `checkCurrentAccess` throws, `forbidden` for a
 * role above the caller's own, `invitation_quota_exceeded`, `invitation_pending`, `already_member` and
 * `seat_limit_reached`, in this order. Two round trips.
 */
export function createInvitation(
  ctx: Context,
  name: string | undefined,
  readInvitation: () => Promise<NewInvitation>,
): Promise<InvitationView> {
  const reads = [accountQuery(ctx, currentOrganization(ctx, name))] as const;
  return commit(ctx, reads, async (caller, [found]) => {
    const access = checkCurrentAccess(ctx, caller, found, name);
    const invitation = await readInvitation();
    checkMayGrantRole(access, invitation.role);
    return newInvitation(ctx, access, invitation, "invitation_pending");
  });
}

/**
 * Invites an address into an account, or renews its pending invitation: role, secret and expiry. Within a minute
 * of the last sending only the role changes. Throws what `checkAccess` throws, `forbidden` for a role above the
 * caller's own, `already_member`, `invitation_quota_exceeded` and `seat_limit_reached`. Two round trips; one if
 * nothing changes.
 */
export function inviteOrRenew(ctx: Context, which: AccountName, invitation: NewInvitation): Promise<null> {
  const emailKey = normalizeEmail(invitation.email);
  const reads = [
    accountQuery(ctx, which),
    pendingInvitationQuery(ctx, which, emailKey),
    memberQuery(which.by)(ctx.db, { name: which.value, emailKey }),
  ] as const;
  return commit(ctx, reads, (caller, [found], [pending], [member]) => {
    const access = checkAccess(ctx, caller, found);
    checkMayGrantRole(access, invitation.role);
    if (member?.isMember === 1) throw new DomainError("already_member");
    if (pending !== undefined) return renewal(ctx, { ...access, invitation: pending }, invitation.role);
    return { ...newInvitation(ctx, access, invitation, "conflict"), result: null };
  });
}

/** `whenPending` is the error if the address has a pending invitation when the batch runs. */
function newInvitation(
  ctx: Context,
  access: Access,
  { email, role }: NewInvitation,
  whenPending: WhenPending,
): Change<InvitationView> {
  const { db, now } = ctx;
  const { account, caller } = access;
  checkSendQuota(ctx, account);
  const uuid = crypto.randomUUID();
  const validUntil = now + invitationLifetime;
  const address = { accountId: account.id, emailKey: normalizeEmail(email) };
  return {
    access,
    assert: [
      assertMayGrantRole(ctx, access, role),
      assertNonePending(whenPending)(db, { ...address, now }),
      assertNotMember(db, address),
      assertSeatsAvailable(ctx, account),
      ...assertSendQuota(ctx, account),
    ],
    write: [
      revokeExpired(db, { ...address, now }),
      countSending(ctx, account),
      insertInvitation(db, {
        ...address,
        uuid,
        email,
        role,
        invitedBy: caller.id,
        sentAt: now,
        validUntil,
        mailAgainAt: now + initialRetryDelay,
        createdAt: now,
      }),
    ],
    audit: {
      accountId: account.id,
      action: "invite.created",
      target: `invite:${uuid}`,
      changes: { email: [null, email], role: [null, role] },
    },
    result: { uuid, email, role, inviter: caller.uuid, sentAt: now, validUntil },
    jobs: [{ job: mailJob({ uuid, version: 1 }) }],
  };
}

function renewal(ctx: Context, access: InvitationAccess, role: AccountRole): Change<null> | NoChange<null> {
  const { db, now } = ctx;
  const { account, invitation } = access;
  const { uuid, version } = invitation;
  checkMayGrantRole(access, invitation.role);
  const isDue = secondsUntilResend(invitation.sentAt, now) === 0;
  if (!isDue && invitation.role === role) return { access, unchanged: null };
  if (isDue) checkSendQuota(ctx, account);
  const update = db
    .update(invites)
    .set({ role, ...(isDue ? renewedColumns(invitation, now) : {}) })
    .where(eq(invites.id, invitation.id));
  return {
    access,
    assert: [
      assertMayGrantRole(ctx, access, role),
      ...assertInvitationUnchanged(ctx, access),
      assertNotMember(db, { accountId: account.id, emailKey: normalizeEmail(invitation.email) }),
      ...(isDue ? assertSendQuota(ctx, account) : []),
    ],
    write: [update, ...(isDue ? [countSending(ctx, account)] : [])],
    assertAfter: isDue ? assertSeatStillHeld(ctx, access) : [],
    audit: {
      accountId: account.id,
      action: "invite.renewed",
      target: `invite:${uuid}`,
      changes: {
        ...(invitation.role === role ? {} : { role: [invitation.role, role] as const }),
        ...(isDue ? { version: [version, version + 1] as const } : {}),
      },
    },
    result: null,
    jobs: isDue ? [{ job: mailJob({ uuid, version: version + 1 }) }] : [],
  };
}

/** An expired invitation is still stored as pending: it makes room for a new one. */
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

type WhenPending = "invitation_pending" | "conflict";

const assertNonePending = memoize((code: WhenPending) =>
  prepareStatement(["accountId", "emailKey", "now"], (db, { accountId, emailKey, now }) => {
    const pending = sql`select 1 from invites where account_id = ${accountId} and email_key = ${emailKey} and state = 'pending' and valid_until > ${now}`;
    return assertion(db, code, sql`not exists (${pending})`);
  }),
);

/** Aborts the batch with `already_member` if a member of the account has the address. */
const assertNotMember = prepareStatement(["accountId", "emailKey"], (db, { accountId, emailKey }) =>
  assertion(db, "already_member", sql`not ${isMemberEmail(accountId, emailKey)}`),
);

/** Selects whether an address is that of a member of an account. */
const memberQuery = memoize((by: AccountName["by"]) => {
  const isMember = sql<number>`${isMemberEmail(accountIdByName(by), sql.placeholder("emailKey"))}`;
  return prepareQuery((queries) =>
    queries.select({ isMember: isMember.as("is_member") }).from(sql`(select 1)`),
  );
});

const insertInvitation = prepareStatement(
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
  (db, values): Statement => db.insert(invites).values(values),
);

/**
 * Whether a member of an account has this address: verified by an issuer, or given to a user who has not signed
 * in yet. An address that users gave themselves does not count. Looks through the few users with the address.
 */
function isMemberEmail(accountId: SQL | Placeholder, emailKey: Placeholder): SQL<boolean> {
  const asStored = sql`users.email_key = ${emailKey} and (users.verified_email = ${emailKey} or not exists (select 1 from identities where identities.user_id = users.id))`;
  // The second condition must match the partial index word by word, or SQLite does not use it.
  const verifiedOnly = sql`users.verified_email = ${emailKey} and users.verified_email <> users.email_key`;
  return sql`exists (select 1 from users cross join memberships where (${asStored} or ${verifiedOnly}) and memberships.user_id = users.id and memberships.account_id = ${accountId})`;
}
