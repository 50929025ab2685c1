import { eq, sql, type SQL } from "drizzle-orm";

import { runBatch } from "../../storage/database.ts";
import { accounts, erasures } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import type { Context } from "../context.ts";
import { enqueueErasure } from "../erasures.ts";
import { accessStillHolds } from "./access.ts";
import { getAccount } from "./get.ts";

/**
 * Deletes an account with all that is its own. Its rows go at once; its logo, its usage and its
 * history follow through the queue, which a row left in the same batch makes certain. Two round trips.
 */
export async function deleteAccount(ctx: Context, which: SQL): Promise<void> {
  const access = await getAccount(ctx, which);
  const { account, caller } = access;
  await runBatch(ctx.db, [
    accessStillHolds(ctx, access),
    ctx.db.insert(erasures).values({ accountUuid: account.uuid, accountId: account.id, askedAt: ctx.now }),
    ctx.db.delete(accounts).where(eq(accounts.id, account.id)),
    auditStatement(ctx, caller, {
      accountId: sql`null`,
      action: "account.deleted",
      target: `account:${account.uuid}`,
      changes: { slug: [account.slug, null], title: [account.title, null] },
    }),
  ]);
  ctx.later(enqueueErasure(ctx.jobs, account.uuid));
}
