import { eq } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { normalizeEmail } from "../../domain/user.ts";
import { runBatch } from "../../storage/database.ts";
import { invites } from "../../storage/schema.ts";
import { type AccountName, accountQuery, assertAccess, checkAccess } from "../accounts/access.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import {
  assertInvitationUnchanged,
  checkMayGrantRole,
  getInvitation,
  type InvitationAccess,
  pendingInvitationQuery,
} from "./access.ts";

/**
 * Takes an invitation back; its seat is free again. Throws what `getInvitation` throws, and
 * `forbidden` for a role above the caller's own. Two round trips.
 */
export async function revokeInvitation(ctx: Context, uuid: string): Promise<void> {
  await revoke(ctx, await getInvitation(ctx, uuid));
}

/**
 * Takes the pending invitation of an address to an account back. Throws what `checkAccess`
 * throws, `invitation_not_found`, and `forbidden` for a role above the caller's own. Two round trips.
 */
export async function revokeInvitationByEmail(
  ctx: Context,
  which: AccountName,
  email: string,
): Promise<void> {
  const [caller, [found], [invitation]] = await queryAsCaller(
    ctx,
    accountQuery(ctx, which),
    pendingInvitationQuery(ctx, which, normalizeEmail(email)),
  );
  const access = checkAccess(ctx, caller, found);
  if (invitation === undefined) throw new DomainError("invitation_not_found");
  await revoke(ctx, { ...access, invitation });
}

async function revoke(ctx: Context, access: InvitationAccess): Promise<void> {
  const { account, caller, invitation } = access;
  checkMayGrantRole(access, invitation.role);
  await runBatch(ctx.db, [
    assertAccess(ctx, access),
    assertInvitationUnchanged(ctx, access),
    ctx.db.update(invites).set({ state: "revoked" }).where(eq(invites.id, invitation.id)),
    auditStatement(ctx, caller, {
      accountId: account.id,
      action: "invite.revoked",
      target: `invite:${invitation.uuid}`,
      changes: { email: [invitation.email, null], role: [invitation.role, null] },
    }),
  ]);
}
