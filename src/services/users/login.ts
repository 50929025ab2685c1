import { eq, sql } from "drizzle-orm";

import { normalizeEmail } from "../../domain/user.ts";
import { accounts, memberships } from "../../storage/schema.ts";
import { type Caller, queryAsCaller, verifiedAddress } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";

/**
 * The identity provider's route of the one organization of the one active user with this address.
 * Undefined where there are none or several of either, and for a caller who may not ask: with
 * `login:read` one may ask about any address, without it about one's own verified one. One round
 * trip; the same is read in every case, so that the time it takes tells nothing.
 */
export async function findLoginRoute(ctx: Context, address: string): Promise<string | undefined> {
  const key = normalizeEmail(address);
  const onlyUser = sql`(select case when count(*) = 1 then min(id) end from (select id from users where email_key = ${key} and is_active limit 2))`;
  const organizations = ctx.db
    .select({ slug: accounts.slug, idpRoute: accounts.idpRoute })
    .from(memberships)
    .innerJoin(accounts, eq(accounts.id, memberships.accountId))
    .where(eq(memberships.userId, onlyUser))
    .limit(2);
  const [caller, [organization, another]] = await queryAsCaller(ctx, organizations);
  const known = organization !== undefined && another === undefined;
  if (!known || !mayAskAbout(ctx, caller, key)) return undefined;
  return organization.idpRoute ?? organization.slug;
}

/** One's own address is the verified one; never the stored one, which can be edited. */
function mayAskAbout(ctx: Context, caller: Caller, key: string): boolean {
  return verifiedAddress(ctx, caller) === key || caller.globalPermissions.has("login:read");
}
