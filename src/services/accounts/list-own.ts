import { asc, eq } from "drizzle-orm";

import { accounts } from "../../storage/schema/accounts.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import { queryAsCaller } from "../caller.ts";
import { callerId } from "../credentials.ts";
import type { Context } from "../context.ts";

/** The accounts the caller is a member of, by title. One round trip. */
export async function listMemberAccounts(ctx: Context) {
  const own = ctx.db
    .select({ uuid: accounts.uuid, slug: accounts.slug, title: accounts.title, type: accounts.type })
    .from(memberships)
    .innerJoin(accounts, eq(accounts.id, memberships.accountId))
    .where(eq(memberships.userId, callerId(ctx)))
    .orderBy(asc(accounts.titleKey), asc(accounts.id));
  const [, rows] = await queryAsCaller(ctx, own);
  return rows;
}
