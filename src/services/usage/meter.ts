import { DomainError } from "../../domain/errors.ts";
import type { UsageMeter } from "../../durable/usage-meter.ts";
import type { FoundAccount } from "../accounts/access.ts";
import type { Context } from "../context.ts";

/**
 * Asks an account's usage object, made where the account's zone is on its first call. One object
 * call. Throws `usage_unavailable` when it cannot be reached: whether something was counted is then
 * not known, and nothing is made up.
 */
export async function askMeter<Result>(
  { usage }: Pick<Context, "usage">,
  { uuid, zoneHint }: Pick<FoundAccount, "uuid" | "zoneHint">,
  ask: (meter: DurableObjectStub<UsageMeter>) => Promise<Result>,
): Promise<Result> {
  const options = zoneHint === null ? {} : { locationHint: zoneHint };
  try {
    return await ask(usage.get(usage.idFromName(uuid), options));
  } catch (error) {
    console.error({ event: "usage_unreachable", error: error instanceof Error ? error.name : "unknown" });
    throw new DomainError("usage_unavailable", { retryAfter: 1 });
  }
}
