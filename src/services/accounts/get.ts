import { eq } from "drizzle-orm";

import { isReservedSlug, slugKey, slugLength } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { type Permission, permissionsOn } from "../../domain/permissions.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { accounts } from "../../storage/schema.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { type Access, AccountName, accountQuery, checkAccess, currentOrganization } from "./access.ts";

/** One account the caller may do this operation to. One round trip. */
export async function getAccount(ctx: Context, which: AccountName): Promise<Access> {
  const [caller, [found]] = await queryAsCaller(ctx, accountQuery(ctx, which));
  return checkAccess(ctx, caller, found);
}

/** Which permissions are asked about. */
export interface PermissionQuery {
  /** The id of the account that `name` must be. */
  readonly accountId: string;
  /** Only those that concern a knowledge box. */
  readonly knowledgeBox: boolean;
}

/**
 * What the caller may do on an account. Throws what `checkAccess` throws, and `account_not_found`
 * where the id is another account's. One round trip.
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

/** Whether an account could be made with this slug now: well formed, not reserved, not taken. One round trip. */
export async function isSlugAvailable(ctx: Context, slug: string): Promise<boolean> {
  const taken = ctx.db
    .select({ id: accounts.id })
    .from(accounts)
    .where(eq(accounts.slug, slugKey(slug)));
  const [, rows] = await queryAsCaller(ctx, taken);
  // As it was written: other letters than ASCII's can become one of those in lower case.
  const wellFormed = /^[a-zA-Z0-9_-]+$/.test(slug) && slug.length <= slugLength;
  return wellFormed && !isReservedSlug(slug) && rows.length === 0;
}

/**
 * The slug of the current organization; undefined where none is named and the caller is in none or
 * in several. Throws `account_not_visible` for a named one that is not there or not the caller's. One
 * round trip.
 */
export async function findPortal(ctx: Context, name: string | undefined): Promise<string | undefined> {
  const [caller, [found]] = await queryAsCaller(ctx, accountQuery(ctx, currentOrganization(ctx, name)));
  if (found === undefined && name === undefined) return undefined;
  const seen =
    found !== undefined && (found.callerRole !== null || caller.globalPermissions.has("account:read"));
  if (!seen) throw new DomainError("account_not_visible");
  return found.slug;
}
