import { eq, sql } from "drizzle-orm";

import { normalizeEmail } from "../../domain/user.ts";
import { accounts, memberships } from "../../storage/schema.ts";
import { type Caller, queryAsCaller, verifiedAddress } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";

/**
 * Returns the identity provider's route for an address: that of the only organization of the only active user with
 * it. Undefined if there are none or several, or if the caller may not ask: `login:read` allows any address,
 * otherwise only the caller's own verified one. One round trip, with the same reads in every case, so that the
 * response time reveals nothing.
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
  const isUnique = organization !== undefined && another === undefined;
  if (!isUnique || !mayAskAbout(ctx, caller, key)) return undefined;
  return organization.idpRoute ?? organization.slug;
}

/** The caller's own address is the verified one, never the editable one. */
function mayAskAbout(ctx: Context, caller: Caller, key: string): boolean {
  return verifiedAddress(ctx, caller) === key || caller.globalPermissions.has("login:read");
}
