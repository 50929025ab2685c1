import { eq, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import type { Caller } from "../caller.ts";
import { callerId } from "../credentials.ts";
import type { Context } from "../context.ts";
import { AccountName, checkAccess, type Access, type FoundAccount } from "./access.ts";

/**
 * The current organization: the one named, by uuid or slug, else the caller's only one. Matches
 * nothing when none is named and the caller is in none or in several.
 */
export function currentOrganization(ctx: Context, name: string | undefined): AccountName | SQL {
  if (name !== undefined) return new AccountName(name);
  const me = callerId(ctx);
  return eq(
    accounts.id,
    sql`(select case when count(*) = 1 then min(account_id) end from (select account_id from memberships where user_id = ${me} limit 2))`,
  );
}

/** `checkAccess` to the current organization; throws `organization_required` where none could be told. */
export function checkCurrentAccess(
  ctx: Context,
  caller: Caller,
  found: FoundAccount | undefined,
  name: string | undefined,
): Access {
  if (found === undefined && name === undefined) throw new DomainError("organization_required");
  return checkAccess(ctx, caller, found);
}
