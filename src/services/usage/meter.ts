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

/** The fields of an account that metering needs. Few, because no query runs more often. */
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

/** Returns an account for metering. Throws what `checkAccess` throws. One round trip. */
export async function getMeteredAccount(ctx: Context, nameOrId: string): Promise<MeteredAccount> {
  const { by, value } = new AccountName(nameOrId);
  const [caller, [found]] = await queryAsCaller(ctx, meteredAccountByName(by)(ctx, { name: value }));
  return checkAccess<MeteredAccount>(ctx, caller, found).account;
}

const meteredAccountByName = memoize((by: AccountName["by"]) =>
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

/** A call of a usage object. An idempotent one is retried if the platform says that it can help. */
export interface MeterCall<Result> {
  readonly idempotent: boolean;
  readonly call: (meter: DurableObjectStub<UsageMeter>) => Promise<Result>;
}

/**
 * Calls an account's usage object, which the first call creates at the zone's location. One object call. Throws
 * `usage_unavailable` if it cannot be reached: whether it counted something is then unknown.
 */
export async function callMeter<Result>(
  { usage, stats }: Pick<Context, "usage" | "stats">,
  { uuid, zoneHint }: Pick<FoundAccount, "uuid" | "zoneHint">,
  { idempotent, call }: MeterCall<Result>,
): Promise<Result> {
  const options = zoneHint === null ? {} : { locationHint: zoneHint };
  // A stub that failed stays broken, so each attempt gets a new one.
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

/** Whether the platform marks an error as retryable. An overloaded object is not called again. */
function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}
