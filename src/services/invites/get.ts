import { and, sql } from "drizzle-orm";

import { accountQuery } from "../accounts/access.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { invitesQuery, isPending, requireInviteAccess, type InviteAccess } from "./access.ts";

/** One pending invitation the caller may do this operation to. Throws `invite_missing`. One round trip. */
export async function getInvite(ctx: Context, uuid: string): Promise<InviteAccess> {
  const which = and(sql`invites.uuid = ${uuid}`, isPending(ctx));
  const [caller, [account], [invite]] = await readAs(
    ctx,
    accountQuery(ctx, sql`accounts.id = (select invites.account_id from invites where ${which})`),
    invitesQuery(ctx, which),
  );
  return requireInviteAccess(ctx, caller, account, invite);
}
