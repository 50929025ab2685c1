/** Metrics, and the decision about an increment. */
import type { UsageEnforcement } from "../account.ts";

/**
 * All metrics, in the order of responses. Events carry them, except `usage`, which increments count.
 *
 * Add a new metric at the end. The Worker and the usage objects exchange sums in this order, and an object may run
 * the previous version for some minutes after a deployment.
 */
export const metrics = [
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
  "usage",
] as const;
export type Metric = (typeof metrics)[number];

/** The metrics that events carry. */
export const eventMetrics = metrics.filter((metric) => metric !== "usage");
export type EventMetric = (typeof eventMetrics)[number];

/**
 * Returns the index of a metric in an array of sums. Throws if only a newer version knows the metric, so that an
 * object of the previous version rejects the call instead of losing the event.
 */
export function metricIndex(metric: Metric): number {
  const index = metrics.indexOf(metric);
  if (index === -1) throw new Error(`Unknown metric: ${metric}`);
  return index;
}

/** How long the result of an increment is stored under its idempotency key, in milliseconds. */
export const idempotencyRetention = 24 * 60 * 60 * 1000;

/** The usage of a period and its limit; `limit` and `remaining` are null if there is no limit. */
export interface UsageStatus {
  readonly limit: number | null;
  /** Usage of the current period. */
  readonly usage: number;
  readonly remaining: number | null;
  /** Whether an operator has overridden the plan's limit. */
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
  /** The limit would be exceeded, so nothing is counted. */
  | { readonly kind: "refused"; readonly answer: UsageStatus }
  /** The sum would exceed 2^53−1. */
  | { readonly kind: "too_large" };

/** Decides whether an increment is counted on top of the usage of the period. */
export function decideIncrement(usage: number, increment: Increment): IncrementDecision {
  const { amount, limit, enforcement } = increment;
  // Subtract instead of adding, because the sum of two safe integers may be unsafe.
  if (enforcement === "refuse" && limit !== null && amount > limit - usage) {
    return { kind: "refused", answer: toUsageStatus(usage, increment) };
  }
  if (amount > Number.MAX_SAFE_INTEGER - usage) return { kind: "too_large" };
  return { kind: "counted", answer: toUsageStatus(usage + amount, increment) };
}

/** Whether a limit is used up. */
export function isLimitReached(usage: number, limit: number | null): boolean {
  return limit !== null && usage >= limit;
}

/** Returns the status of a period with this usage. */
export function toUsageStatus(
  usage: number,
  { limit, overridden }: Pick<Increment, "limit" | "overridden">,
): UsageStatus {
  return { limit, usage, remaining: limit === null ? null : Math.max(0, limit - usage), overridden };
}
