import { and, sql } from "drizzle-orm";

import { accountQuery } from "../accounts/access.ts";
import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";
import { invitationsQuery, isPending, checkInvitationAccess, type InvitationAccess } from "./access.ts";

/** One pending invitation the caller may do this operation to. Throws `invitation_not_found`. One round trip. */
export async function getInvitation(ctx: Context, uuid: string): Promise<InvitationAccess> {
  const which = and(sql`invites.uuid = ${uuid}`, isPending(ctx));
  const [caller, [account], [invite]] = await queryAsCaller(
    ctx,
    accountQuery(ctx, sql`accounts.id = (select invites.account_id from invites where ${which})`),
    invitationsQuery(ctx, which),
  );
  return checkInvitationAccess(ctx, caller, account, invite);
}
