/** Limits on how many accounts a user owns, and how many members and invitations an account has. */
import { and, eq, type Placeholder, sql, type SQL } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import { DomainError } from "../../domain/errors.ts";
import { planLimits, plans } from "../../domain/plan.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { prepareStatement } from "../../storage/prepared.ts";
import { type accounts, memberships } from "../../storage/schema.ts";
import { prepareForCaller, prepareStatementForCaller } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** Counts the accounts that the caller owns, up to MAX_OWNED_ACCOUNTS; 0 if there is no limit. */
export function countOwnedAccounts(ctx: Context) {
  return ownedUpTo(ctx, { limit: ctx.settings.maxOwnedAccounts ?? 0 });
}

const ownedUpTo = prepareForCaller((queries, { userId }) =>
  countOwned(queries, userId, sql.placeholder("limit")),
);

function countOwned(queries: QueryBuilder, userId: SQL, limit: Placeholder) {
  const owned = queries
    .select({ one: sql`1` })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), eq(memberships.role, "AOWNER")))
    .limit(limit);
  return queries.select({ count: sql<number>`count(*)`.as("count") }).from(sql`(${owned})`);
}

/** Whether a user who owns this many accounts may create another. */
export function canOwnMore({ settings: { maxOwnedAccounts } }: Context, owned: number): boolean {
  return maxOwnedAccounts === undefined || owned < maxOwnedAccounts;
}

/** Throws `owned_account_limit_reached` if the caller owns as many accounts as a user may. */
export function checkCanOwnMore(ctx: Context, owned: number): void {
  if (!canOwnMore(ctx, owned)) throw new DomainError("owned_account_limit_reached");
}

/** Aborts the batch with `owned_account_limit_reached` if the limit was reached by then. */
export function assertCanOwnMore(ctx: Context): Statement {
  const { maxOwnedAccounts } = ctx.settings;
  if (maxOwnedAccounts === undefined) return assertion(ctx.db, "owned_account_limit_reached", sql`true`);
  return assertOwnsFewer(ctx, { limit: maxOwnedAccounts });
}

const assertOwnsFewer = prepareStatementForCaller(["limit"], (db, { userId }, { limit }) =>
  assertion(
    db,
    "owned_account_limit_reached",
    sql`(${countOwned(new QueryBuilder(), userId, limit)}) < ${limit}`,
  ),
);

/**
 * Aborts the batch with `seat_limit_reached` unless there is room for `seats` more members or invitations:
 * members and pending invitations count together. It must run before the statements that take the seats. The
 * limit is the account's own, else its plan's, when the batch runs.
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

/** The same for a user with an invitation, whose seat becomes the member's. */
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
