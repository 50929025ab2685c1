import { and, asc, eq, sql } from "drizzle-orm";

import { accounts } from "../../storage/schema/accounts.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import { canOwnMore, countOwnedAccounts } from "../accounts/owned.ts";
import { queryAsCaller, type Caller } from "../caller.ts";
import { callerId } from "../credentials.ts";
import type { Context } from "../context.ts";

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
