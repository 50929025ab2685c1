import type { Aggregation } from "../../domain/usage/buckets.ts";
import type { UsageEvent } from "../../domain/usage/events.ts";
import type { RecordResult } from "../../durable/events.ts";
import type { ReadResult } from "../../durable/buckets.ts";
import type { Context } from "../caller/context.ts";
import { callMeter, getMeteredAccount } from "./meter.ts";

/** Which usage is asked for: a half-open range in epoch milliseconds, until now where it has no end. */
export interface UsageQuery {
  readonly from: number;
  readonly to?: number | undefined;
  readonly aggregation: Aggregation;
  /** A uuid: only what was recorded of this knowledge box. */
  readonly knowledgebox?: string | undefined;
}

/**
 * The usage of an account in buckets, or why the range cannot be told. Throws what `checkAccess`
 * throws and `usage_unavailable`. One round trip and one object call.
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
