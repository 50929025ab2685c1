import { eq } from "drizzle-orm";

import { isReservedSlug, slugKey, slugLength } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { type Permission, permissionsOn } from "../../domain/permissions.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { accounts } from "../../storage/schema.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { type Access, AccountName, accountQuery, checkAccess, currentOrganization } from "./access.ts";

/** Returns an account. Throws what `checkAccess` throws. One round trip. */
export async function getAccount(ctx: Context, which: AccountName): Promise<Access> {
  const [caller, [found]] = await queryAsCaller(ctx, accountQuery(ctx, which));
  return checkAccess(ctx, caller, found);
}

export interface PermissionQuery {
  /** Must be the id of the named account. */
  readonly accountId: string;
  /** Whether to return only permissions that concern a knowledge box. */
  readonly knowledgeBox: boolean;
}

/**
 * Returns the caller's permissions on an account. Throws what `checkAccess` throws, and `account_not_found` for
 * another account's id. One round trip.
 */
export async function listPermissions(
  ctx: Context,
  name: string,
  { accountId, knowledgeBox }: PermissionQuery,
): Promise<readonly Permission[]> {
  const { account, caller } = await getAccount(ctx, new AccountName(name));
  if (parseUuid(accountId) !== account.uuid) throw new DomainError("account_not_found");
  return permissionsOn(account.callerRole ?? undefined, caller.globalPermissions, knowledgeBox);
}

/** Whether an account can be created with this slug: well formed, not reserved, not taken. One round trip. */
export async function isSlugAvailable(ctx: Context, slug: string): Promise<boolean> {
  const taken = ctx.db
    .select({ id: accounts.id })
    .from(accounts)
    .where(eq(accounts.slug, slugKey(slug)));
  const [, rows] = await queryAsCaller(ctx, taken);
  // Checked before lower-casing, which turns some non-ASCII letters into ASCII ones.
  const wellFormed = /^[a-zA-Z0-9_-]+$/.test(slug) && slug.length <= slugLength;
  return wellFormed && !isReservedSlug(slug) && rows.length === 0;
}

/**
 * Returns the slug of the current organization; undefined if none is named and the caller is in none or in several.
 * Throws `account_not_visible` if the named one is missing or not the caller's. One round trip.
 */
export async function findPortal(ctx: Context, name: string | undefined): Promise<string | undefined> {
  const [caller, [found]] = await queryAsCaller(ctx, accountQuery(ctx, currentOrganization(ctx, name)));
  if (found === undefined && name === undefined) return undefined;
  const visible =
    found !== undefined && (found.callerRole !== null || caller.globalPermissions.has("account:read"));
  if (!visible) throw new DomainError("account_not_visible");
  return found.slug;
}
