/** How many accounts a user may own, as far as the service limits that. */
import { and, eq, sql, type Placeholder, type SQL } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import { DomainError } from "../../domain/errors.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import type { Context } from "../context.ts";
import { prepareForCaller, prepareStatementForCaller, userIdOf } from "../credentials.ts";

/** How many accounts the caller owns, as far as the service limits that: no more than the limit are counted. */
export function countOwnedAccounts(ctx: Context) {
  return ownedUpTo(ctx, { most: ctx.settings.maxOwnedAccounts ?? 0 });
}

const ownedUpTo = prepareForCaller((queries, credentials) =>
  countOwned(queries, userIdOf(credentials), sql.placeholder("most")),
);

function countOwned(queries: QueryBuilder, userId: SQL, most: Placeholder) {
  const owned = queries
    .select({ one: sql`1` })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), eq(memberships.role, "AOWNER")))
    .limit(most);
  return queries.select({ count: sql<number>`count(*)`.as("count") }).from(sql`(${owned})`);
}

/** Whether the service lets a user who owns this many accounts make one more. */
export function canOwnMore({ settings: { maxOwnedAccounts } }: Context, owned: number): boolean {
  return maxOwnedAccounts === undefined || owned < maxOwnedAccounts;
}

/** Throws `owned_account_limit_reached` where the caller owns as many accounts as the service lets a user. */
export function checkCanOwnMore(ctx: Context, owned: number): void {
  if (!canOwnMore(ctx, owned)) throw new DomainError("owned_account_limit_reached");
}

/** A batch with this fails as `owned_account_limit_reached` when the limit was reached since: it holds under any number of creations at once. */
export function assertCanOwnMore(ctx: Context): Statement {
  const { maxOwnedAccounts } = ctx.settings;
  if (maxOwnedAccounts === undefined) return assertion(ctx.db, "owned_account_limit_reached", sql`true`);
  return ownsFewer(ctx, { most: maxOwnedAccounts });
}

const ownsFewer = prepareStatementForCaller(["most"], (db, credentials, { most }) =>
  assertion(
    db,
    "owned_account_limit_reached",
    sql`(${countOwned(new QueryBuilder(), userIdOf(credentials), most)}) < ${most}`,
  ),
);
