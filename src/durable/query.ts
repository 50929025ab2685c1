import {
  foldRange,
  planRange,
  type RangePlan,
  type RangeRejection,
  type RangeRequest,
  type Sums,
} from "../domain/usage/buckets.ts";
import { metrics } from "../domain/usage/usage.ts";
import type { AccountState } from "./account-state.ts";
import { readBuckets } from "./bucket-rows.ts";
import { currentHour } from "./current-hour.ts";

export interface ReadInput extends RangeRequest {
  /** Narrows to one; increments belong to none. */
  readonly knowledgebox: string | null;
}

export type ReadResult =
  /** Each with every metric, in the order of `metrics`: thousands of names would take most of the time of a call. */
  | { readonly kind: "points"; readonly points: readonly Sums[] }
  | RangeRejection
  /** A sum would pass 2^53−1; finer buckets can be told. */
  | { readonly kind: "too_large" };

/**
 * Answers the points of a range: whole days from the rows of days, hours only at its ragged ends. An
 * account without tables has never counted anything.
 */
export function read(stored: Stored | undefined, input: ReadInput, now: number): ReadResult {
  const plan = planRange(input, now);
  if (plan.kind !== "plan") return plan;
  const sums = foldRange(plan, stored === undefined ? [] : readRows(stored, input, plan), metrics.length);
  if (sums === undefined) return { kind: "too_large" };
  return { kind: "points", points: plan.points.map((at, place) => ({ at, sums: sums[place] ?? [] })) };
}

/** What is kept of an account: its tables, and its row. */
interface Stored {
  readonly sql: SqlStorage;
  readonly state: AccountState;
}

function readRows({ sql, state }: Stored, input: ReadInput, plan: RangePlan): Sums[] {
  const knowledgebox = input.knowledgebox ?? "";
  const rows = [
    ...readBuckets(sql, "days", knowledgebox, plan.days),
    ...plan.hours.flatMap((span) => readBuckets(sql, "hours", knowledgebox, span)),
  ];
  // Increments belong to no knowledge box.
  return input.knowledgebox === null ? [...rows, ...currentHour(state, plan)] : rows;
}
