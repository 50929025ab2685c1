/** What is counted, and how far. */
import type { UsageEnforcement } from "../account.ts";

/** The metrics that events carry. */
export const eventMetrics = [
  "pre_processing_time",
  "slow_processing_time",
  "resources_processed",
  "bytes_processed",
  "chars_processed",
  "media_seconds_processed",
  "pages_processed",
  "paragraphs_processed",
  "searches_performed",
  "suggestions_performed",
  "predictions_performed",
  "docs_no_media",
  "ai_tokens_used",
  "nuclia_tokens",
  "nuclia_tokens_billed",
] as const;
export type EventMetric = (typeof eventMetrics)[number];

/** All metrics, in the order they are told in; `usage` comes from increments alone. */
export const metrics = [...eventMetrics, "usage"] as const;
export type Metric = (typeof metrics)[number];

/** How long an increment's answer is kept under its key, in milliseconds. */
export const idempotencyRetention = 24 * 60 * 60 * 1000;

/** What an increment is told; the limit and what remains of it are null where there is none. */
export interface UsageStatus {
  readonly limit: number | null;
  /** What the current period counts. */
  readonly usage: number;
  readonly remaining: number | null;
  /** Whether the limit is an operator's instead of the plan's. */
  readonly overridden: boolean;
}

export interface Increment {
  /** 1 to 2^53−1. */
  readonly amount: number;
  readonly limit: number | null;
  readonly overridden: boolean;
  readonly enforcement: UsageEnforcement;
}

export type IncrementDecision =
  | { readonly kind: "counted"; readonly answer: UsageStatus }
  /** It would pass the limit, so nothing of it is counted. */
  | { readonly kind: "refused"; readonly answer: UsageStatus }
  /** The sum would pass 2^53−1. */
  | { readonly kind: "too_large" };

/** Decides an increment on top of what the period counts. */
export function decideIncrement(usage: number, increment: Increment): IncrementDecision {
  const { amount, limit, enforcement } = increment;
  // Differences, because a sum of two safe integers need not be one.
  if (enforcement === "refuse" && limit !== null && amount > limit - usage) {
    return { kind: "refused", answer: toUsageStatus(usage, increment) };
  }
  if (amount > Number.MAX_SAFE_INTEGER - usage) return { kind: "too_large" };
  return { kind: "counted", answer: toUsageStatus(usage + amount, increment) };
}

/** Whether nothing remains of a limit. */
export function isLimitReached(usage: number, limit: number | null): boolean {
  return limit !== null && usage >= limit;
}

/** What an increment is told where its period counts so much. */
export function toUsageStatus(
  usage: number,
  { limit, overridden }: Pick<Increment, "limit" | "overridden">,
): UsageStatus {
  return { limit, usage, remaining: limit === null ? null : Math.max(0, limit - usage), overridden };
}
