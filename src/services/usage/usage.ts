import { type CountedLimit, DomainError } from "../../domain/errors.ts";
import { effectiveUsageLimit } from "../../domain/plan.ts";
import { type Aggregation, periodOf, type Span } from "../../domain/usage/buckets.ts";
import type { UsageEvent } from "../../domain/usage/events.ts";
import { toUsageStatus, type UsageStatus } from "../../domain/usage/usage.ts";
import type { ReadResult } from "../../durable/buckets.ts";
import type { RecordResult } from "../../durable/events.ts";
import type { IncrementResult } from "../../durable/increment.ts";
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

export interface Increment {
  /** 1 to 2^53−1. */
  readonly amount: number;
  /** Idempotency key. */
  readonly key: string | undefined;
}

/** The outcome of an increment; `too_large` if the sum would exceed 2^53−1. */
export type IncrementOutcome =
  | {
      /** `refused`: it would exceed the limit of the current period. */
      readonly kind: "counted" | "refused";
      readonly answer: UsageStatus;
      /** The current limit; undefined if none is enforced, or if the answer is a stored one. */
      readonly limit: CountedLimit | undefined;
    }
  | { readonly kind: "too_large" };

/**
 * Adds to an account's usage of the current calendar month (UTC) unless it would exceed the limit. With a key it
 * counts once in 24 hours. `readIncrement` runs after the access check. Throws what `checkAccess` throws,
 * `idempotency_key_reused`, and `usage_unavailable`. One round trip and one object call.
 */
export async function incrementUsage(
  ctx: Context,
  uuid: string,
  readIncrement: () => Promise<Increment>,
): Promise<IncrementOutcome> {
  const account = await getMeteredAccount(ctx, uuid);
  const { amount, key } = await readIncrement();
  const input = {
    accountUuid: account.uuid,
    amount,
    limit: effectiveUsageLimit(account),
    overridden: account.usageLimit !== null,
    enforcement: account.usageEnforcement,
    // A request contains nothing but the amount.
    key: key === undefined ? undefined : { value: key, requestHash: String(amount) },
  };
  const result = await callMeter(ctx, account, {
    idempotent: key !== undefined,
    call: async (meter): Promise<IncrementResult> => meter.increment(input, ctx.now),
  });
  const enforced = account.usageEnforcement === "refuse";
  const outcome = (kind: "counted" | "refused", answer: UsageStatus, period: Span): IncrementOutcome => ({
    kind,
    answer,
    limit: enforced ? toCountedLimit(answer, period, ctx.now) : undefined,
  });
  const period = periodOf(ctx.now);
  if (typeof result === "number") return outcome("counted", toUsageStatus(result, input), period);
  if (result.kind === "repeated") return { kind: "counted", answer: result.answer, limit: undefined };
  if (result.kind === "refused")
    return outcome("refused", result.answer, { ...period, end: result.periodEnd });
  if (result.kind === "idempotency_key_reused") throw new DomainError("idempotency_key_reused");
  return { kind: "too_large" };
}

function toCountedLimit(
  { limit, remaining }: UsageStatus,
  { start, end }: Span,
  now: number,
): CountedLimit | undefined {
  if (limit === null || remaining === null) return undefined;
  const reset = Math.max(1, Math.ceil((end - now) / 1000));
  return { name: "usage", quota: limit, window: (end - start) / 1000, remaining, reset };
}
