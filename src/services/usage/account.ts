import { keepEach } from "../../storage/kept-query.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import { zones } from "../../storage/schema/zones.ts";
import {
  AccountName,
  isItsZone,
  isMembershipOf,
  isNamed,
  placeAndRole,
  requireAccess,
  type FoundAccount,
} from "../accounts/access.ts";
import { readAs } from "../caller.ts";
import { keepForCaller, userIdOf } from "../credentials.ts";
import type { Context } from "../context.ts";

/** What it takes of an account to count its usage: a quarter of it, as nothing is asked for so often. */
export type CountedAccount = Pick<
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

/** The account whose usage the caller may count or read. Throws what `requireAccess` throws. One round trip. */
export async function getCountedAccount(ctx: Context, nameOrId: string): Promise<CountedAccount> {
  const { by, value } = new AccountName(nameOrId);
  const [caller, [found]] = await readAs(ctx, countedNamed(by)(ctx, { name: value }));
  return requireAccess<CountedAccount>(ctx, caller, found).account;
}

const countedNamed = keepEach((by: AccountName["by"]) =>
  keepForCaller((queries, credentials) =>
    queries
      .select({
        id: accounts.id,
        uuid: accounts.uuid,
        type: accounts.type,
        usageLimit: accounts.usageLimit,
        usageEnforcement: accounts.usageEnforcement,
        blockingState: accounts.blockingState,
        quotaUntil: accounts.quotaUntil,
        ...placeAndRole,
      })
      .from(accounts)
      .leftJoin(zones, isItsZone)
      .leftJoin(memberships, isMembershipOf(userIdOf(credentials)))
      .where(isNamed(by)),
  ),
);
