import { eq } from "drizzle-orm";

import { runBatch } from "../../storage/database.ts";
import { invites } from "../../storage/schema.ts";
import { accessStillHolds } from "../accounts/access.ts";
import { auditStatement } from "../audit.ts";
import type { Context } from "../context.ts";
import { inviteStillStands, requireReach } from "./access.ts";
import { getInvite } from "./get.ts";

/**
 * Takes an invitation back; its seat is free again. Throws what `getInvite` throws, and
 * `forbidden` for a role above the caller's own. Two round trips.
 */
export async function revokeInvite(ctx: Context, uuid: string): Promise<void> {
  const access = await getInvite(ctx, uuid);
  const { account, caller, invite } = access;
  requireReach(access, invite.role);
  await runBatch(ctx.db, [
    accessStillHolds(ctx, access),
    inviteStillStands(ctx, access),
    ctx.db.update(invites).set({ state: "revoked" }).where(eq(invites.id, invite.id)),
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.revoked",
      target: `invite:${uuid}`,
      changes: { email: [invite.email, null], role: [invite.role, null] },
    }),
  ]);
}
