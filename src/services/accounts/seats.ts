import { sql } from "drizzle-orm";

import { planLimits } from "../../domain/plan.ts";
import { precondition, type Statement } from "../../storage/database.ts";
import type { accounts } from "../../storage/schema.ts";
import type { Context } from "../context.ts";

/**
 * A batch with this fails as `seats_taken` unless one more member or invitation fits: members and
 * pending invitations count together, past ones are not read. It belongs before the statement that takes the seat.
 */
export function seatLeft(ctx: Context, account: typeof accounts.$inferSelect): Statement {
  const most = account.maxUsers ?? planLimits[account.type].maxUsers;
  if (most === null) return precondition(ctx.db, "seats_taken", sql`true`);
  const members = sql`(select member_count from accounts where id = ${account.id})`;
  const invited = sql`(select count(*) from invites indexed by invites_pending where account_id = ${account.id} and state = 'pending' and valid_until > ${ctx.now})`;
  return precondition(ctx.db, "seats_taken", sql`${members} + ${invited} < ${most}`);
}
