/** How many accounts a user may own, as far as the service limits that. */
import { and, eq, type Placeholder, sql, type SQL } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import { DomainError } from "../../domain/errors.ts";
import { planLimits, plans } from "../../domain/plan.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { prepareStatement } from "../../storage/prepared.ts";
import { type accounts, memberships } from "../../storage/schema.ts";
import type { Context } from "../caller/context.ts";
import { prepareForCaller, prepareStatementForCaller, userIdOf } from "../caller/credentials.ts";

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

/**
 * A batch with this fails as `seat_limit_reached` unless so many more members or invitations fit: members
 * and pending invitations count together. It belongs before the statements that take the seats. The
 * limit is the one that holds when the batch runs: the account's own, else its plan's.
 */
export function assertSeatsAvailable({ db, now }: Context, { id }: HasId, seats = 1): Statement {
  return seatsFit(db, { id, now, seats });
}

const seatsFit = prepareStatement(["id", "now", "seats"], (db, { id, now, seats }) => {
  const invited = sql`(select count(*) from invites indexed by invites_valid where account_id = ${id} and state = 'pending' and valid_until > ${now})`;
  const most = mostSeats(id);
  const fits = sql`${most} is null or ${memberCount(id)} + ${invited} + ${seats} <= ${most}`;
  return assertion(db, "seat_limit_reached", fits);
});

/** `assertSeatsAvailable` for one who has been invited: the seat of the invitation becomes the member's. */
export function assertMemberSeat({ db }: Context, { id }: HasId): Statement {
  return memberFits(db, { id });
}

const memberFits = prepareStatement(["id"], (db, { id }) => {
  const most = mostSeats(id);
  return assertion(db, "seat_limit_reached", sql`${most} is null or ${memberCount(id)} < ${most}`);
});

type HasId = Pick<typeof accounts.$inferSelect, "id">;

function memberCount(id: Placeholder): SQL {
  return sql`(select member_count from accounts where id = ${id})`;
}

function mostSeats(id: Placeholder): SQL {
  return sql`(select coalesce(max_users, case type ${planCases()} end) from accounts where id = ${id})`;
}

function planCases(): SQL {
  const cases = plans.map((plan) => sql.raw(`when '${plan}' then ${planLimits[plan].maxUsers ?? "null"}`));
  return sql.join(cases, sql` `);
}
