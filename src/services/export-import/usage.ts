import { DomainError } from "../../domain/errors.ts";
import { type UsageCursor, type UsageExport, type UsageRow, usageTables } from "../../durable/export.ts";
import { logoKey, putLogo } from "../../storage/logos.ts";
import { AccountName, accountQuery, type FoundAccount } from "../accounts/access.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { currentLogo, withLogoStorage } from "../logos/get.ts";
import { callMeter } from "../usage/meter.ts";
import { getImportingAccount } from "./rows.ts";

/** How many rows one call of a usage object returns. */
export const usagePageSize = 1_000;

/**
 * Returns rows of an account's usage object after a cursor, for operators. Throws `account_not_found` and
 * `usage_unavailable`. One round trip and one object call.
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

/** Returns rows of some tables of an account's usage object. One object call. */
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
 * Imports rows of the usage object of an imported account. Importing the same rows again changes nothing. Throws `service_not_empty`, `account_not_found`, `import_incompatible` and `usage_unavailable`. One
 * round trip and one object call.
 */
export async function importUsage(ctx: Context, uuid: string, rows: readonly UsageRow[]): Promise<void> {
  const account = await getImportingAccount(ctx, uuid);
  const compatible = await callMeter(ctx, account, {
    idempotent: true,
    call: async (meter): Promise<boolean> => meter.importRows(uuid, rows),
  });
  if (!compatible) throw new DomainError("import_incompatible");
}

/**
 * Stores the logo that an imported account refers to. Throws `service_not_empty`,
 * `account_not_found`, `import_incompatible` for other bytes, and `logo_storage_unavailable`. One round trip and
 * one write to R2.
 */
export async function importLogo(ctx: Context, uuid: string, bytes: Uint8Array): Promise<void> {
  const logo = currentLogo(await getImportingAccount(ctx, uuid));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  if (logo?.hash !== new Uint8Array(digest).toHex()) throw new DomainError("import_incompatible");
  await withLogoStorage(() => putLogo(ctx.logos, logoKey(uuid, logo), { ...logo, bytes }));
}
