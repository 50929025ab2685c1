import { and, asc, eq, sql } from "drizzle-orm";

import { withSearchKeys, type Language } from "../../domain/user.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { accounts, memberships, users } from "../../storage/schema.ts";
import { canOwnMore, countOwnedAccounts } from "../accounts/limits.ts";
import { auditStatement } from "../audit.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { assertCallerActive } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { callerId } from "../caller/credentials.ts";
import { changedFields } from "../changed-fields.ts";

/** The caller. One round trip. */
export async function getCurrentUser(ctx: Context): Promise<Caller> {
  const [caller] = await queryAsCaller(ctx);
  return caller;
}

/** What a client shows a user first. */
export interface Welcome {
  readonly user: Caller;
  /** uuids of the accounts the user is a member of. */
  readonly accounts: readonly string[];
  /** Whether the user may make another account. */
  readonly canCreateAccount: boolean;
  /** Accounts that would be left without an active owner: while there are any, the user cannot be deleted. */
  readonly dependentAccounts: readonly { readonly uuid: string; readonly slug: string }[];
}

/** The caller with what depends on them. One round trip. */
export async function getWelcome(ctx: Context): Promise<Welcome> {
  const me = callerId(ctx);
  const otherOwner = sql`exists (select 1 from active_owners where active_owners.account_id = memberships.account_id and active_owners.user_id <> memberships.user_id)`;
  const own = ctx.db
    .select({
      uuid: accounts.uuid,
      slug: accounts.slug,
      dependant: sql<number>`${memberships.role} = 'AOWNER' and not ${otherOwner}`.as("dependant"),
    })
    .from(memberships)
    .innerJoin(accounts, eq(accounts.id, memberships.accountId))
    .where(and(eq(memberships.userId, me)))
    .orderBy(asc(accounts.titleKey), asc(accounts.id));
  const [user, rows, owned] = await queryAsCaller(ctx, own, countOwnedAccounts(ctx));
  return {
    user,
    accounts: rows.map(({ uuid }) => uuid),
    canCreateAccount: canOwnMore(ctx, owned[0]?.count ?? 0),
    dependentAccounts: rows
      .filter(({ dependant }) => dependant === 1)
      .map(({ uuid, slug }) => ({ uuid, slug })),
  };
}

/** What a user says of themselves; a key left out stays. */
export interface Preferences {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  readonly avatar?: string | null | undefined;
  readonly language?: Language | null | undefined;
}

/**
 * Changes what the caller says of themselves. The address is how they are written to; it vouches
 * for nothing. Two round trips; one when nothing changes.
 */
export async function updateCurrentUser(ctx: Context, preferences: Preferences): Promise<void> {
  const { db } = ctx;
  const [caller] = await queryAsCaller(ctx);
  const changed = changedFields<Pick<Caller, keyof Preferences>>(caller, preferences);
  const names = Object.keys(changed) as (keyof Preferences)[];
  if (names.length === 0) return;

  const after = { ...caller, ...changed };
  const same = sql`exists (select 1 from users where id = ${caller.id} and email = ${caller.email} and first_name = ${caller.firstName} and last_name = ${caller.lastName} and avatar is ${caller.avatar} and language is ${caller.language})`;
  await runBatch(db, [
    assertCallerActive(ctx, caller),
    assertion(db, "conflict", same),
    db
      .update(users)
      .set({ ...withSearchKeys(after), avatar: after.avatar, language: after.language })
      .where(eq(users.id, caller.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "user.updated",
      target: `user:${caller.uuid}`,
      changes: Object.fromEntries(names.map((name) => [users[name].name, [caller[name], changed[name]]])),
    }),
  ]);
}
