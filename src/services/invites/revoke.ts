import { eq } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { normalEmail } from "../../domain/user.ts";
import { runBatch } from "../../storage/database.ts";
import { invites } from "../../storage/schema/invites.ts";
import { accessStillHolds, accountQuery, requireAccess, type AccountName } from "../accounts/access.ts";
import { auditStatement } from "../audit.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { inviteStillStands, pendingInviteQuery, requireReach, type InviteAccess } from "./access.ts";
import { getInvite } from "./get.ts";

/**
 * Takes an invitation back; its seat is free again. Throws what `getInvite` throws, and
 * `forbidden` for a role above the caller's own. Two round trips.
 */
export async function revokeInvite(ctx: Context, uuid: string): Promise<void> {
  await revoke(ctx, await getInvite(ctx, uuid));
}

/**
 * Takes the pending invitation of an address to an account back. Throws what `requireAccess`
 * throws, `invite_missing`, and `forbidden` for a role above the caller's own. Two round trips.
 */
export async function revokeAddress(ctx: Context, which: AccountName, email: string): Promise<void> {
  const [caller, [found], [invite]] = await readAs(
    ctx,
    accountQuery(ctx, which),
    pendingInviteQuery(ctx, which, normalEmail(email)),
  );
  const access = requireAccess(ctx, caller, found);
  if (invite === undefined) throw new DomainError("invite_missing");
  await revoke(ctx, { ...access, invite });
}

async function revoke(ctx: Context, access: InviteAccess): Promise<void> {
  const { account, caller, invite } = access;
  requireReach(access, invite.role);
  await runBatch(ctx.db, [
    accessStillHolds(ctx, access),
    inviteStillStands(ctx, access),
    ctx.db.update(invites).set({ state: "revoked" }).where(eq(invites.id, invite.id)),
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.revoked",
      target: `invite:${invite.uuid}`,
      changes: { email: [invite.email, null], role: [invite.role, null] },
    }),
  ]);
}
