import { DomainError } from "../domain/errors.ts";
import { accountQuery } from "./accounts/access.ts";
import { isCurrent } from "./accounts/current.ts";
import { readAs } from "./caller.ts";
import type { Context } from "./context.ts";

/**
 * The slug of the current organization; undefined where none is named and the caller is in none or
 * in several. Throws `account_unseen` for a named one that is not there or not the caller's. One
 * round trip.
 */
export async function findPortal(ctx: Context, name: string | undefined): Promise<string | undefined> {
  const [caller, [found]] = await readAs(ctx, accountQuery(ctx, isCurrent(ctx, name)));
  if (found === undefined && name === undefined) return undefined;
  const seen = found !== undefined && (found.callerRole !== null || caller.everywhere.has("account:read"));
  if (!seen) throw new DomainError("account_unseen");
  return found.slug;
}
