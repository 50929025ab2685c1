/** How many accounts a user may own, as far as the service limits that. */
import { and, eq, sql, type Placeholder, type SQL } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import { DomainError } from "../../domain/errors.ts";
import { precondition, type Statement } from "../../storage/database.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import type { Context } from "../context.ts";
import { keepForCaller, keepStatementForCaller, userIdOf } from "../credentials.ts";

/** How many accounts the caller owns, as far as the service limits that: no more than the limit are counted. */
export function ownedCount(ctx: Context) {
  return ownedUpTo(ctx, { most: ctx.settings.maxOwnedAccounts ?? 0 });
}

const ownedUpTo = keepForCaller((queries, credentials) =>
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
export function mayOwnMore({ settings: { maxOwnedAccounts } }: Context, owned: number): boolean {
  return maxOwnedAccounts === undefined || owned < maxOwnedAccounts;
}

/** Throws `owned_accounts_limit` where the caller owns as many accounts as the service lets a user. */
export function requireOwnable(ctx: Context, owned: number): void {
  if (!mayOwnMore(ctx, owned)) throw new DomainError("owned_accounts_limit");
}

/** A batch with this fails as `owned_accounts_limit` when the limit was reached since: it holds under any number of creations at once. */
export function stillOwnable(ctx: Context): Statement {
  const { maxOwnedAccounts } = ctx.settings;
  if (maxOwnedAccounts === undefined) return precondition(ctx.db, "owned_accounts_limit", sql`true`);
  return ownsFewer(ctx, { most: maxOwnedAccounts });
}

const ownsFewer = keepStatementForCaller(["most"], (db, credentials, { most }) =>
  precondition(
    db,
    "owned_accounts_limit",
    sql`(${countOwned(new QueryBuilder(), userIdOf(credentials), most)}) < ${most}`,
  ),
);
