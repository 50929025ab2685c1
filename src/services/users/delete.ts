import { eq, sql, type SQL } from "drizzle-orm";

import { assertion, type Statement } from "../../storage/database.ts";
import { deletedIdentities, identities, invites, users } from "../../storage/schema.ts";
import { auditAccountsStatement } from "../audit.ts";
import type { Caller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { identityHash } from "../caller/sign-in.ts";
import { commit } from "../commit.ts";
import { assertEditable, checkEditable, type FoundUser, userQuery } from "./profile.ts";

/**
 * Deletes a user with everything that is their own. Their identities are remembered as hashes, so that tokens
 * issued before are refused. Throws what `checkEditable` throws, and `last_owner` while the user is the only
 * active owner of an account. Two round trips.
 */
export function deleteUser(ctx: Context, uuid: string): Promise<void> {
  return deleteWhere(ctx, eq(users.uuid, uuid));
}

/** Deletes the caller, as `deleteUser` does. Throws `last_owner`. Two round trips. */
export function deleteCurrentUser(ctx: Context): Promise<void> {
  return deleteWhere(ctx, eq(users.id, callerConditions(ctx).userId));
}

function deleteWhere(ctx: Context, which: SQL): Promise<void> {
  const { db, now } = ctx;
  const identitiesQuery = db
    .select({ issuer: identities.issuer, subject: identities.subject })
    .from(identities)
    .where(eq(identities.userId, sql`(select id from users where ${which})`));
  return commit(ctx, [userQuery(ctx, which), identitiesQuery] as const, async (caller, [found], known) => {
    const user = checkEditable(caller, found);
    const hashes = await Promise.all(known.map(identityHash));
    const sameIdentities = sql`(select count(*) from identities where user_id = ${user.id}) = ${known.length}`;
    return {
      access: "self",
      assert: [assertEditable(ctx, caller, user), assertion(db, "conflict", sameIdentities)],
      write: [
        auditLostMember(ctx, caller, user),
        ...hashes.map((hash) =>
          db
            .insert(deletedIdentities)
            .values({ hash, deletedAt: now })
            .onConflictDoUpdate({ target: deletedIdentities.hash, set: { deletedAt: now } }),
        ),
        // Accepted invitations hold the address. Pending ones belong to the inviting account and expire.
        db.delete(invites).where(eq(invites.acceptedBy, user.id)),
        db.delete(users).where(eq(users.id, user.id)),
      ],
      audit: {
        accountId: null,
        action: "user.deleted",
        target: `user:${user.uuid}`,
        changes: {},
      },
      result: undefined,
    };
  });
}

/** Records the lost member in the history of each of the user's accounts. */
function auditLostMember(ctx: Context, caller: Caller, { id, uuid }: FoundUser): Statement {
  return auditAccountsStatement(ctx, caller, {
    action: "members.updated",
    changes: sql`json_object(${uuid}, json_array(memberships.role, null))`,
    from: sql`memberships join accounts on accounts.id = memberships.account_id where memberships.user_id = ${id}`,
  });
}
