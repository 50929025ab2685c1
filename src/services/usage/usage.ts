import type { Aggregation } from "../../domain/usage/buckets.ts";
import type { UsageEvent } from "../../domain/usage/events.ts";
import type { RecordResult } from "../../durable/events.ts";
import type { ReadResult } from "../../durable/buckets.ts";
import type { Context } from "../caller/context.ts";
import { callMeter, getMeteredAccount } from "./meter.ts";

/** A half-open range in epoch milliseconds; `to` defaults to now. */
export interface UsageQuery {
  readonly from: number;
  readonly to?: number | undefined;
  readonly aggregation: Aggregation;
  /** Returns only usage of the knowledge box with this uuid. */
  readonly knowledgebox?: string | undefined;
}

/**
 * Returns the usage of an account in buckets, or why the range is rejected. Throws what `checkAccess` throws and
 * `usage_unavailable`. One round trip and one object call.
 */
export async function readUsage(ctx: Context, accountId: string, query: UsageQuery): Promise<ReadResult> {
  const account = await getMeteredAccount(ctx, accountId);
  const { from, to = ctx.now, aggregation, knowledgebox = null } = query;
  const input = { from, to, aggregation, knowledgebox };
  return callMeter(ctx, account, {
    idempotent: true,
    call: async (meter): Promise<ReadResult> => meter.read(input, ctx.now),
  });
}

/**
 * Counts an account's events, each in the hour of its timestamp and once for its id. Throws what `checkAccess`
 * throws and `usage_unavailable`. One round trip and one object call.
 */
export async function recordUsage(
  ctx: Context,
  accountId: string,
  events: readonly UsageEvent[],
): Promise<RecordResult> {
  const account = await getMeteredAccount(ctx, accountId);
  const input = { accountUuid: account.uuid, events, windowDays: ctx.settings.eventWindowDays };
  // An event counts once for its id, so a retry reports events that were already counted as duplicates.
  return callMeter(ctx, account, {
    idempotent: true,
    call: async (meter): Promise<RecordResult> => meter.record(input, ctx.now),
  });
}
