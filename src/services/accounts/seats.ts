import { sql } from "drizzle-orm";

import { planLimits, plans } from "../../domain/plan.ts";
import { precondition, type Statement } from "../../storage/database.ts";
import type { accounts } from "../../storage/schema.ts";
import type { Context } from "../context.ts";

/**
 * A batch with this fails as `seats_taken` unless one more member or invitation fits: members and
 * pending invitations count together. It belongs before the statement that takes the seat. The limit
 * is the one that holds when the batch runs: the account's own, else its plan's.
 */
export function seatLeft(ctx: Context, { id }: Pick<typeof accounts.$inferSelect, "id">): Statement {
  const members = sql`(select member_count from accounts where id = ${id})`;
  const invited = sql`(select count(*) from invites indexed by invites_valid where account_id = ${id} and state = 'pending' and valid_until > ${ctx.now})`;
  const most = sql`(select coalesce(max_users, case type ${planCases} end) from accounts where id = ${id})`;
  return precondition(ctx.db, "seats_taken", sql`${most} is null or ${members} + ${invited} < ${most}`);
}

const planCases = sql.join(
  plans.map((plan) => sql.raw(`when '${plan}' then ${planLimits[plan].maxUsers ?? "null"}`)),
  sql` `,
);
