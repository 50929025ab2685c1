import { asc, eq, sql } from "drizzle-orm";

import { type Language, withSearchKeys } from "../../domain/user.ts";
import { assertion } from "../../storage/database.ts";
import { accounts, memberships, users } from "../../storage/schema.ts";
import { canOwnMore, countOwnedAccounts } from "../accounts/limits.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { commit } from "../commit.ts";

/** Returns the caller. One round trip. */
export async function getCurrentUser(ctx: Context): Promise<Caller> {
  const [caller] = await queryAsCaller(ctx);
  return caller;
}

/** What a client needs after sign-in. */
export interface Welcome {
  readonly user: Caller;
  /** uuids of the accounts that the user is a member of. */
  readonly accounts: readonly string[];
  readonly canCreateAccount: boolean;
  /** Accounts without another active owner. While there are any, the user cannot be deleted. */
  readonly dependentAccounts: readonly { readonly uuid: string; readonly slug: string }[];
}

/** Returns the caller with their accounts. One round trip. */
export async function getWelcome(ctx: Context): Promise<Welcome> {
  const otherOwner = sql`exists (select 1 from active_owners where active_owners.account_id = memberships.account_id and active_owners.user_id <> memberships.user_id)`;
  const ownAccounts = ctx.db
    .select({
      uuid: accounts.uuid,
      slug: accounts.slug,
      isDependent: sql<number>`${memberships.role} = 'AOWNER' and not ${otherOwner}`.as("is_dependent"),
    })
    .from(memberships)
    .innerJoin(accounts, eq(accounts.id, memberships.accountId))
    .where(eq(memberships.userId, callerConditions(ctx).userId))
    .orderBy(asc(accounts.titleKey), asc(accounts.id));
  const [user, rows, owned] = await queryAsCaller(ctx, ownAccounts, countOwnedAccounts(ctx));
  return {
    user,
    accounts: rows.map(({ uuid }) => uuid),
    canCreateAccount: canOwnMore(ctx, owned[0]?.count ?? 0),
    dependentAccounts: rows
      .filter(({ isDependent }) => isDependent === 1)
      .map(({ uuid, slug }) => ({ uuid, slug })),
  };
}

/** What users say about themselves; omitted fields stay. */
export interface Preferences {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  readonly avatar?: string | null | undefined;
  readonly language?: Language | null | undefined;
}

/**
 * Changes the caller's preferences. The address is for contact only and proves nothing. Two round trips; one if
 * nothing changes.
 */
export function updateCurrentUser(ctx: Context, preferences: Preferences): Promise<void> {
  return commit(ctx, [] as const, (caller) => {
    const changed = changedFields<Pick<Caller, keyof Preferences>>(caller, preferences);
    const names = Object.keys(changed) as (keyof Preferences)[];
    if (names.length === 0) return { access: "self", unchanged: undefined };

    const after = { ...caller, ...changed };
    const same = sql`exists (select 1 from users where id = ${caller.id} and email = ${caller.email} and first_name = ${caller.firstName} and last_name = ${caller.lastName} and avatar is ${caller.avatar} and language is ${caller.language})`;
    return {
      access: "self",
      assert: [assertion(ctx.db, "conflict", same)],
      write: [
        ctx.db
          .update(users)
          .set({ ...withSearchKeys(after), avatar: after.avatar, language: after.language })
          .where(eq(users.id, caller.id)),
      ],
      audit: {
        accountId: null,
        action: "user.updated",
        target: `user:${caller.uuid}`,
        changes: Object.fromEntries(names.map((name) => [users[name].name, [caller[name], changed[name]]])),
      },
      result: undefined,
    };
  });
}

/**
 * Changes the caller's consent and stores the time of the change. The same consent, or undefined, changes
 * nothing. Two round trips; one if nothing changes.
 */
export function updateConsent(
  ctx: Context,
  readConsent: () => Promise<boolean | undefined>,
): Promise<Caller> {
  return commit(ctx, [] as const, async (caller) => {
    const consentGiven = await readConsent();
    if (consentGiven === undefined || consentGiven === caller.consentGiven) {
      return { access: "self", unchanged: caller };
    }
    // The second of two equal simultaneous changes finds nothing to change, so the time is the first one's.
    const same = sql`exists (select 1 from ${users} where ${users.id} = ${caller.id} and ${users.consentGiven} = ${caller.consentGiven ? 1 : 0})`;
    return {
      access: "self",
      assert: [assertion(ctx.db, "conflict", same)],
      write: [ctx.db.update(users).set({ consentGiven, consentAt: ctx.now }).where(eq(users.id, caller.id))],
      audit: {
        accountId: null,
        action: consentGiven ? "user.consented" : "user.consent_withdrawn",
        target: `user:${caller.uuid}`,
        changes: { consent_given: [caller.consentGiven, consentGiven] },
      },
      result: { ...caller, consentGiven },
    };
  });
}
