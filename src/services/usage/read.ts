import type { Aggregation } from "../../domain/buckets.ts";
import type { ReadResult } from "../../durable/read.ts";
import type { Context } from "../context.ts";
import { getMeteredAccount } from "./account.ts";
import { callMeter } from "./meter.ts";

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
