/** Time buckets, in UTC. The smallest is the hour. All times are epoch milliseconds. */

export const hour = 60 * 60 * 1000;
export const day = 24 * hour;

/** How long hours are stored; days are never deleted. */
const hourRetention = 400 * day;
/** The maximum number of points per query. */
export const maxPoints = 10_000;

export const aggregations = ["hour", "day", "week", "month", "quarter", "year", "millennium"] as const;
export type Aggregation = (typeof aggregations)[number];
/** The calendar aggregations; `millennium` is one point for the whole range. */
export type BucketSize = Exclude<Aggregation, "millennium">;

/** A half-open time range. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Returns the start of the bucket that contains a time. Weeks start on Monday. */
export function bucketStart(size: BucketSize, at: number): number {
  if (size === "hour") return floor(at, hour);
  const date = new Date(floor(at, day));
  if (size === "week") date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  // Not Date.UTC, which interprets the years 0 to 99 as 1900 to 1999.
  if (size === "month") date.setUTCDate(1);
  if (size === "quarter") date.setUTCMonth(date.getUTCMonth() - (date.getUTCMonth() % 3), 1);
  if (size === "year") date.setUTCMonth(0, 1);
  return date.getTime();
}

/** Returns the start of the bucket after the one that starts at `start`. */
export function nextBucket(size: BucketSize, start: number): number {
  if (size === "hour") return start + hour;
  const date = new Date(start);
  if (size === "day") date.setUTCDate(date.getUTCDate() + 1);
  if (size === "week") date.setUTCDate(date.getUTCDate() + 7);
  if (size === "month") date.setUTCMonth(date.getUTCMonth() + 1);
  if (size === "quarter") date.setUTCMonth(date.getUTCMonth() + 3);
  if (size === "year") date.setUTCFullYear(date.getUTCFullYear() + 1);
  return date.getTime();
}

/** Returns the period of the usage limit: the calendar month that contains a time. */
export function periodOf(at: number): Span {
  const start = bucketStart("month", at);
  return { start, end: nextBucket("month", start) };
}

/** Returns the oldest hour that is still stored; the hours of a day are deleted together. */
export function oldestStoredHour(now: number): number {
  return floor(now - hourRetention, day);
}

export interface RangeRequest {
  readonly from: number;
  readonly to: number;
  readonly aggregation: Aggregation;
}

/** The rows to read for a range: whole days as days if the aggregation allows it, the other hours as hours. */
export interface RangePlan {
  readonly kind: "plan";
  readonly aggregation: Aggregation;
  /** The timestamps of the points, in order. */
  readonly points: readonly number[];
  readonly days: Span;
  readonly hours: readonly Span[];
}

export type RangeRejection = { readonly kind: "from_after_to" | "too_many_points" | "hours_gone" };

/**
 * Plans the query of a half-open range. A partly covered hour counts as a whole; a partly covered week,
 * month, quarter or year counts only inside the range, so that the sums of all aggregations agree.
 */
export function planRange(request: RangeRequest, now: number): RangePlan | RangeRejection {
  const { from, to, aggregation } = request;
  if (from > to) return { kind: "from_after_to" };
  const hourRange = coveringHours(from, to);
  const points = aggregation === "millennium" ? [from] : bucketStarts(aggregation, hourRange);
  if (points === undefined) return { kind: "too_many_points" };
  const { days, rest } =
    aggregation === "hour" ? { days: emptySpan, rest: [hourRange] } : wholeDays(hourRange);
  const hours = rest.filter(({ start, end }) => start < end);
  if (hours.some(({ start }) => start < oldestStoredHour(now))) return { kind: "hours_gone" };
  return { kind: "plan", aggregation, points, days, hours };
}

/** The sums of one bucket, in the order of `metrics`. */
export interface Sums {
  readonly at: number;
  readonly sums: readonly number[];
}

/**
 * Adds the hours and days that were read to the points of a plan. Returns undefined if a sum exceeds
 * 2^53−1, which an hour or a day never does, but many days can.
 */
export function foldRange(plan: RangePlan, rows: Iterable<Sums>, width: number): number[][] | undefined {
  const points = plan.points.map(() => Array.from({ length: width }, () => 0));
  const indexes = new Map(plan.points.map((start, index) => [start, index]));
  for (const { at, sums } of rows) {
    const index = plan.aggregation === "millennium" ? 0 : indexes.get(bucketStart(plan.aggregation, at));
    const point = index === undefined ? undefined : points[index];
    if (point === undefined) continue;
    for (let metric = 0; metric < width; metric += 1) {
      point[metric] = (point[metric] ?? 0) + (sums[metric] ?? 0);
      if (!Number.isSafeInteger(point[metric])) return undefined;
    }
  }
  return points;
}

const emptySpan: Span = { start: 0, end: 0 };

function floor(at: number, step: number): number {
  return Math.floor(at / step) * step;
}

function ceil(at: number, step: number): number {
  return Math.ceil(at / step) * step;
}

function coveringHours(from: number, to: number): Span {
  const start = floor(from, hour);
  return { start, end: from === to ? start : ceil(to, hour) };
}

/** Returns undefined if there are more than `maxPoints`. */
function bucketStarts(size: BucketSize, { start, end }: Span): number[] | undefined {
  const starts: number[] = [];
  if (start === end) return starts;
  for (let at = bucketStart(size, start); at < end; at = nextBucket(size, at)) {
    if (starts.length === maxPoints) return undefined;
    starts.push(at);
  }
  return starts;
}

function wholeDays({ start, end }: Span): { days: Span; rest: Span[] } {
  const first = ceil(start, day);
  const last = floor(end, day);
  if (first > last) return { days: emptySpan, rest: [{ start, end }] };
  return {
    days: { start: first, end: last },
    rest: [
      { start, end: first },
      { start: last, end },
    ],
  };
}
