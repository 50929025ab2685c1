import { memoize } from "../../storage/kept-query.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import { zones } from "../../storage/schema/zones.ts";
import {
  AccountName,
  joinsZone,
  joinsMembership,
  matchesName,
  zoneAndRoleColumns,
  checkAccess,
  type FoundAccount,
} from "../accounts/access.ts";
import { queryAsCaller } from "../caller.ts";
import { prepareForCaller, userIdOf } from "../credentials.ts";
import type { Context } from "../context.ts";

/** What it takes of an account to count its usage: a quarter of it, as nothing is asked for so often. */
export type MeteredAccount = Pick<
  FoundAccount,
  | "id"
  | "uuid"
  | "type"
  | "usageLimit"
  | "usageEnforcement"
  | "blockingState"
  | "quotaUntil"
  | "zoneHint"
  | "callerRole"
>;

/** The account whose usage the caller may count or read. Throws what `checkAccess` throws. One round trip. */
export async function getMeteredAccount(ctx: Context, nameOrId: string): Promise<MeteredAccount> {
  const { by, value } = new AccountName(nameOrId);
  const [caller, [found]] = await queryAsCaller(ctx, countedNamed(by)(ctx, { name: value }));
  return checkAccess<MeteredAccount>(ctx, caller, found).account;
}

const countedNamed = memoize((by: AccountName["by"]) =>
  prepareForCaller((queries, credentials) =>
    queries
      .select({
        id: accounts.id,
        uuid: accounts.uuid,
        type: accounts.type,
        usageLimit: accounts.usageLimit,
        usageEnforcement: accounts.usageEnforcement,
        blockingState: accounts.blockingState,
        quotaUntil: accounts.quotaUntil,
        ...zoneAndRoleColumns,
      })
      .from(accounts)
      .leftJoin(zones, joinsZone)
      .leftJoin(memberships, joinsMembership(userIdOf(credentials)))
      .where(matchesName(by)),
  ),
);
