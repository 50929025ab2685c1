import { sql, type Placeholder, type SQL } from "drizzle-orm";

import { planLimits, plans } from "../../domain/plan.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { prepareStatement } from "../../storage/kept-query.ts";
import type { accounts } from "../../storage/schema/accounts.ts";
import type { Context } from "../context.ts";

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
