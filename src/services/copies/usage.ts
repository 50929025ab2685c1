import { DomainError } from "../../domain/errors.ts";
import { usageTables, type UsageExport, type UsageCursor, type UsageRow } from "../../durable/copy.ts";
import { AccountName, accountQuery, type FoundAccount } from "../accounts/access.ts";
import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";
import { callMeter } from "../usage/meter.ts";
import { getImportingAccount } from "./importing.ts";

/** How many rows one call of a usage object tells. */
export const usagePageSize = 1_000;

/**
 * What the usage object of an account stores, from a place on; for the operator. Throws
 * `account_not_found` and `usage_unavailable`. One round trip and one object call.
 */
export async function exportUsage(
  ctx: Context,
  uuid: string,
  after: UsageCursor | null,
): Promise<UsageExport> {
  const [, [account]] = await queryAsCaller(ctx, accountQuery(ctx, new AccountName(uuid)));
  if (account === undefined) throw new DomainError("account_not_found");
  return exportUsageRows(ctx, account, usageTables, after);
}

/** Rows of some tables of an account's usage object. One object call. */
export function exportUsageRows(
  ctx: Context,
  account: FoundAccount,
  tables: typeof usageTables,
  after: UsageCursor | null,
): Promise<UsageExport> {
  return callMeter(ctx, account, {
    idempotent: true,
    call: async (meter): Promise<UsageExport> => meter.exportRows(tables, after, usagePageSize, ctx.now),
  });
}

/**
 * Gives an account that is being imported rows its usage object told; the same ones again change
 * nothing. Throws `service_not_empty`, `account_not_found`, `import_incompatible` and `usage_unavailable`. One
 * round trip and one object call.
 */
export async function importUsage(ctx: Context, uuid: string, rows: readonly UsageRow[]): Promise<void> {
  const account = await getImportingAccount(ctx, uuid);
  const fit = await callMeter(ctx, account, {
    idempotent: true,
    call: async (meter): Promise<boolean> => meter.importRows(uuid, rows),
  });
  if (!fit) throw new DomainError("import_incompatible");
}
