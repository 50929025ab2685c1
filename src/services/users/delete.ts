import { eq, sql, type SQL } from "drizzle-orm";

import { assertion, runBatch, type Statement } from "../../storage/database.ts";
import { auditRows, deletedIdentities, identities, invites, users } from "../../storage/schema.ts";
import { auditStatement, nextAuditId } from "../audit.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { callerId } from "../caller/credentials.ts";
import { identityHash } from "../caller/sign-in.ts";
import { assertEditable, checkEditable, type FoundUser, userQuery } from "./profile.ts";

/**
 * Deletes a user with what is their own. Their identities are remembered as hashes, so that tokens
 * issued before are refused. Throws what `checkEditable` throws, and `last_owner` while they are
 * the only active owner of an account. Two round trips.
 */
export function deleteUser(ctx: Context, uuid: string): Promise<void> {
  return deleteWhere(ctx, eq(users.uuid, uuid));
}

/** Deletes the caller, as `deleteUser` does. Throws `last_owner`. Two round trips. */
export function deleteCurrentUser(ctx: Context): Promise<void> {
  return deleteWhere(ctx, eq(users.id, callerId(ctx)));
}

async function deleteWhere(ctx: Context, which: SQL): Promise<void> {
  const { db, now } = ctx;
  const bound = db
    .select({ issuer: identities.issuer, subject: identities.subject })
    .from(identities)
    .where(eq(identities.userId, sql`(select id from users where ${which})`));
  const [caller, [found], known] = await queryAsCaller(ctx, userQuery(ctx, which), bound);
  const user = checkEditable(caller, found);
  const hashes = await Promise.all(known.map(identityHash));
  await runBatch(db, [
    assertEditable(ctx, caller, user),
    assertion(
      db,
      "conflict",
      sql`(select count(*) from identities where user_id = ${user.id}) = ${known.length}`,
    ),
    ...hashes.map((hash) =>
      db
        .insert(deletedIdentities)
        .values({ hash, deletedAt: now })
        .onConflictDoUpdate({ target: deletedIdentities.hash, set: { deletedAt: now } }),
    ),
    lostMember(ctx, caller, user),
    // They hold the address; those not accepted are the inviting account's, and forgotten after their end.
    db.delete(invites).where(eq(invites.acceptedBy, user.id)),
    db.delete(users).where(eq(users.id, user.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "user.deleted",
      target: `user:${user.uuid}`,
      changes: {},
    }),
  ]);
}

/** Tells the history of each account the user is a member of that it loses a member. */
function lostMember({ db, now, requestId }: Context, caller: Caller, { id, uuid }: FoundUser): Statement {
  const changes = sql`json_object(${uuid}, json_array(memberships.role, null))`;
  return db
    .insert(auditRows)
    .select(
      sql`select ${nextAuditId(now)} + row_number() over (order by accounts.id) - 1, accounts.id, ${now}, ${caller.uuid}, 'members.updated', 'account:' || accounts.uuid, ${changes}, ${requestId} from memberships join accounts on accounts.id = memberships.account_id where memberships.user_id = ${id}`,
    );
}
