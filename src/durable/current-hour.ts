/** The hour that increments are counted in: it stands in the account's row until it is over. */
import { bucketStart, type RangePlan, type Span, type Sums } from "../domain/usage/buckets.ts";
import { metrics } from "../domain/usage/usage.ts";
import type { AccountState } from "./account-state.ts";
import { addUsage } from "./bucket-rows.ts";

/** Adds the hour to the buckets; two rows written, none where nothing was counted in it. */
export function flushCurrentHour(sql: SqlStorage, { hour, hourUsage }: AccountState): void {
  if (hourUsage === 0) return;
  addUsage(sql, "hours", hour, hourUsage);
  addUsage(sql, "days", bucketStart("day", hour), hourUsage);
}

/** Whether increments count in an hour that is over by now. */
export function isHourOver({ hour, hourUsage }: AccountState, now: number): boolean {
  return hourUsage > 0 && hour < bucketStart("hour", now);
}

/** What the hour adds to a range of all knowledge boxes together. */
export function currentHour({ hour, hourUsage }: AccountState, { days, hours }: RangePlan): Sums[] {
  const sums = metrics.map((name) => (name === "usage" ? hourUsage : 0));
  const day = bucketStart("day", hour);
  if (isWithin(days, day)) return [{ at: day, sums }];
  return hours.some((span) => isWithin(span, hour)) ? [{ at: hour, sums }] : [];
}

function isWithin({ start, end }: Span, at: number): boolean {
  return at >= start && at < end;
}
