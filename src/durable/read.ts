import {
  foldRange,
  planRange,
  type RangePlan,
  type RangeRefusal,
  type RangeRequest,
  type Sums,
} from "../domain/buckets.ts";
import { metrics, type Metric } from "../domain/usage.ts";
import { readBuckets } from "./bucket-rows.ts";

export interface ReadInput extends RangeRequest {
  /** Narrows to one; increments belong to none. */
  readonly knowledgebox: string | null;
}

export interface UsagePoint {
  readonly timestamp: number;
  /** Every metric, always in the same order. */
  readonly metrics: readonly { readonly name: Metric; readonly value: number }[];
}

export type ReadResult =
  | { readonly kind: "points"; readonly points: readonly UsagePoint[] }
  | RangeRefusal
  /** A sum would pass 2^53−1; finer buckets can be told. */
  | { readonly kind: "too_large" };

/**
 * Answers the points of a range: whole days from the rows of days, hours only at its ragged ends. An
 * account without tables has never counted anything.
 */
export function read(sql: SqlStorage | undefined, input: ReadInput, now: number): ReadResult {
  const plan = planRange(input, now);
  if (plan.kind !== "plan") return plan;
  const sums = foldRange(plan, sql === undefined ? [] : readRows(sql, input, plan), metrics.length);
  if (sums === undefined) return { kind: "too_large" };
  return { kind: "points", points: plan.points.map((timestamp, place) => pointOf(timestamp, sums[place])) };
}

function readRows(sql: SqlStorage, input: ReadInput, { days, hours }: RangePlan): Sums[] {
  const knowledgebox = input.knowledgebox ?? "";
  return [
    ...readBuckets(sql, "days", knowledgebox, days),
    ...hours.flatMap((span) => readBuckets(sql, "hours", knowledgebox, span)),
  ];
}

function pointOf(timestamp: number, sums: readonly number[] = []): UsagePoint {
  return { timestamp, metrics: metrics.map((name, place) => ({ name, value: sums[place] ?? 0 })) };
}
