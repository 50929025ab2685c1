import { DomainError, errorName } from "../../domain/errors.ts";
import type { UsageMeter } from "../../durable/usage-meter.ts";
import type { FoundAccount } from "../accounts/access.ts";
import { retry } from "../../storage/again.ts";
import type { Context } from "../context.ts";

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
