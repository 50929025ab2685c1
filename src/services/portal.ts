import { DomainError } from "../domain/errors.ts";
import { accountQuery } from "./accounts/access.ts";
import { currentOrganization } from "./accounts/current.ts";
import { queryAsCaller } from "./caller.ts";
import type { Context } from "./context.ts";

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
