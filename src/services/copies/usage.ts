import { DomainError } from "../../domain/errors.ts";
import { usageTables, type UsageCopy, type UsagePlace, type UsageRow } from "../../durable/copy.ts";
import { AccountName, accountQuery, type FoundAccount } from "../accounts/access.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { askMeter } from "../usage/meter.ts";
import { readImporting } from "./importing.ts";

/** How many rows one call of a usage object tells. */
export const usageStep = 1_000;

/**
 * What the usage object of an account stores, from a place on; for the operator. Throws
 * `account_missing` and `usage_unavailable`. One round trip and one object call.
 */
export async function exportUsage(ctx: Context, uuid: string, after: UsagePlace | null): Promise<UsageCopy> {
  const [, [account]] = await readAs(ctx, accountQuery(ctx, new AccountName(uuid)));
  if (account === undefined) throw new DomainError("account_missing");
  return copyUsage(ctx, account, usageTables, after);
}

/** Rows of some tables of an account's usage object. One object call. */
export function copyUsage(
  ctx: Context,
  account: FoundAccount,
  tables: typeof usageTables,
  after: UsagePlace | null,
): Promise<UsageCopy> {
  return askMeter(ctx, account, {
    repeatable: true,
    ask: async (meter): Promise<UsageCopy> => meter.copy(tables, after, usageStep, ctx.now),
  });
}

/**
 * Gives an account that is being imported rows its usage object told; the same ones again change
 * nothing. Throws `service_in_use`, `account_missing`, `import_misfit` and `usage_unavailable`. One
 * round trip and one object call.
 */
export async function importUsage(ctx: Context, uuid: string, rows: readonly UsageRow[]): Promise<void> {
  const account = await readImporting(ctx, uuid);
  const fit = await askMeter(ctx, account, {
    repeatable: true,
    ask: async (meter): Promise<boolean> => meter.restore(uuid, rows),
  });
  if (!fit) throw new DomainError("import_misfit");
}
