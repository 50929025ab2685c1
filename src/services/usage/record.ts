import type { UsageEvent } from "../../domain/usage-events.ts";
import type { RecordResult } from "../../durable/record.ts";
import type { Context } from "../context.ts";
import { getMeteredAccount } from "./account.ts";
import { callMeter } from "./meter.ts";

/**
 * Counts events of an account, each in the hour it happened in, once for its id. Throws what
 * `checkAccess` throws and `usage_unavailable`. One round trip and one object call.
 */
export async function recordUsage(
  ctx: Context,
  accountId: string,
  events: readonly UsageEvent[],
): Promise<RecordResult> {
  const account = await getMeteredAccount(ctx, accountId);
  const input = { accountUuid: account.uuid, events, windowDays: ctx.settings.eventWindowDays };
  // An event counts once for its id; one that was counted by an attempt that failed is a duplicate then.
  return callMeter(ctx, account, {
    idempotent: true,
    call: async (meter): Promise<RecordResult> => meter.record(input, ctx.now),
  });
}
