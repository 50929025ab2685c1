import { eq, sql } from "drizzle-orm";

import { precondition, runBatch } from "../../storage/database.ts";
import { deletedIdentities, identities, users } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { identityHash } from "../sign-in.ts";
import { requireEditable, stillEditable, userQuery } from "./find.ts";

/**
 * Deletes a user with what is their own. Their identities are remembered as hashes, so that tokens
 * issued before are refused. Throws what `requireEditable` throws, and `last_owner` while they are
 * the only active owner of an account. Two round trips.
 */
export async function deleteUser(ctx: Context, uuid: string): Promise<void> {
  const { db, now } = ctx;
  const bound = db
    .select({ issuer: identities.issuer, subject: identities.subject })
    .from(identities)
    .where(eq(identities.userId, sql`(select id from users where uuid = ${uuid})`));
  const [caller, [found], known] = await readAs(ctx, userQuery(ctx, uuid), bound);
  const user = requireEditable(caller, found);
  const hashes = await Promise.all(known.map(identityHash));
  await runBatch(db, [
    stillEditable(ctx, caller, user),
    precondition(
      db,
      "changed_meanwhile",
      sql`(select count(*) from identities where user_id = ${user.id}) = ${known.length}`,
    ),
    ...hashes.map((hash) =>
      db
        .insert(deletedIdentities)
        .values({ hash, deletedAt: now })
        .onConflictDoUpdate({ target: deletedIdentities.hash, set: { deletedAt: now } }),
    ),
    db.delete(users).where(eq(users.id, user.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "user.deleted",
      target: `user:${uuid}`,
      changes: {},
    }),
  ]);
}
