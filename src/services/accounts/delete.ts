import { eq, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { erasures } from "../../storage/schema/erasures.ts";
import { auditStatement } from "../audit.ts";
import type { Context } from "../context.ts";
import { enqueueJob } from "../jobs.ts";
import { assertAccess, type AccountName } from "./access.ts";
import { getAccount } from "./get.ts";
import type { ExpectedVersions } from "./update.ts";

/**
 * Deletes an account with all that is its own. Its rows go at once; its logo, its usage and its
 * history follow through the queue, which a row left in the same batch makes certain. Throws `version_mismatch` where
 * it is in none of the versions `expected`. Two round trips.
 */
export async function deleteAccount(
  ctx: Context,
  which: AccountName,
  expected?: ExpectedVersions,
): Promise<void> {
  const access = await getAccount(ctx, which);
  const { account, caller } = access;
  if (expected?.includes(account.version) === false) throw new DomainError("version_mismatch");
  const { version } = account;
  const asRead = sql`exists (select 1 from accounts where id = ${account.id} and version = ${version})`;
  await runBatch(ctx.db, [
    assertAccess(ctx, access),
    ...(expected === undefined ? [] : [assertion(ctx.db, "conflict", asRead)]),
    ctx.db.insert(erasures).values({ accountUuid: account.uuid, accountId: account.id, askedAt: ctx.now }),
    ctx.db.delete(accounts).where(eq(accounts.id, account.id)),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "account.deleted",
      target: `account:${account.uuid}`,
      changes: { slug: [account.slug, null], title: [account.title, null] },
    }),
  ]);
  ctx.defer(enqueueJob(ctx.jobs, { kind: "erase-account", accountUuid: account.uuid }));
}
