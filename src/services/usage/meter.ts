import { DomainError, errorName } from "../../domain/errors.ts";
import { retry } from "../../domain/retry.ts";
import type { UsageMeter } from "../../durable/usage-meter.ts";
import { memoize } from "../../storage/prepared.ts";
import { accounts, memberships, zones } from "../../storage/schema.ts";
import {
  AccountName,
  checkAccess,
  type FoundAccount,
  joinsMembership,
  joinsZone,
  matchesName,
  zoneAndRoleColumns,
} from "../accounts/access.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { prepareForCaller } from "../caller/conditions.ts";

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
  prepareForCaller((queries, { userId }) =>
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
      .leftJoin(memberships, joinsMembership(userId))
      .where(matchesName(by)),
  ),
);

/** How an object is asked: `repeatable` is what may be done twice, and is tried again where that can help. */
export interface MeterCall<Result> {
  readonly idempotent: boolean;
  readonly call: (meter: DurableObjectStub<UsageMeter>) => Promise<Result>;
}

/**
 * Asks an account's usage object, made where the account's zone is on its first call. One object
 * call. Throws `usage_unavailable` when it cannot be reached: whether something was counted is then
 * not known, and nothing is made up.
 */
export async function callMeter<Result>(
  { usage, stats }: Pick<Context, "usage" | "stats">,
  { uuid, zoneHint }: Pick<FoundAccount, "uuid" | "zoneHint">,
  { idempotent, call }: MeterCall<Result>,
): Promise<Result> {
  const options = zoneHint === null ? {} : { locationHint: zoneHint };
  // A stub that failed stays broken, so each attempt has one of its own.
  const attempt = () => {
    stats.durableObjectCalls += 1;
    return call(usage.get(usage.idFromName(uuid), options));
  };
  try {
    return await (idempotent ? retry(attempt, isRetryable) : attempt());
  } catch (error) {
    throw new DomainError("usage_unavailable", { retryAfter: 1 }, errorName(error));
  }
}

/** Whether the platform says that asking again can help: an object that has too much to do gets no more. */
function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}
