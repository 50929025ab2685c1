/** Time cut into buckets, in UTC; the hour is the grain. All times are epoch milliseconds. */

export const hour = 60 * 60 * 1000;
export const day = 24 * hour;

/** How long hours are kept; days are kept for ever. */
const hoursKept = 400 * day;
/** The most points one reading answers. */
export const maxPoints = 10_000;

export const aggregations = ["hour", "day", "week", "month", "quarter", "year", "millennium"] as const;
export type Aggregation = (typeof aggregations)[number];
/** The aggregations that the calendar cuts; `millennium` is whatever range is asked for. */
export type BucketSize = Exclude<Aggregation, "millennium">;

/** A half-open stretch of time. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Start of the bucket that a time falls in. Weeks start on Monday. */
export function bucketStart(cut: BucketSize, at: number): number {
  if (cut === "hour") return floor(at, hour);
  const date = new Date(floor(at, day));
  if (cut === "week") date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  // Never Date.UTC, which takes the years 0 to 99 for those of the twentieth century.
  if (cut === "month") date.setUTCDate(1);
  if (cut === "quarter") date.setUTCMonth(date.getUTCMonth() - (date.getUTCMonth() % 3), 1);
  if (cut === "year") date.setUTCMonth(0, 1);
  return date.getTime();
}

/** Start of the bucket behind the one that starts then. */
export function nextBucket(cut: BucketSize, start: number): number {
  if (cut === "hour") return start + hour;
  const date = new Date(start);
  if (cut === "day") date.setUTCDate(date.getUTCDate() + 1);
  if (cut === "week") date.setUTCDate(date.getUTCDate() + 7);
  if (cut === "month") date.setUTCMonth(date.getUTCMonth() + 1);
  if (cut === "quarter") date.setUTCMonth(date.getUTCMonth() + 3);
  if (cut === "year") date.setUTCFullYear(date.getUTCFullYear() + 1);
  return date.getTime();
}

/** The period usage is limited by: the calendar month a time falls in. */
export function periodOf(at: number): Span {
  const start = bucketStart("month", at);
  return { start, end: nextBucket("month", start) };
}

/** The time from which hours are kept: a whole day's or none of it. */
export function oldestKeptHour(now: number): number {
  return floor(now - hoursKept, day);
}

export interface RangeRequest {
  readonly from: number;
  readonly to: number;
  readonly aggregation: Aggregation;
}

/** What to read for a range: each touched hour once, whole days as days where the aggregation allows. */
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
 * Plans the reading of a half-open range. An hour it only touches counts whole; a week, month,
 * quarter or year it only touches counts as far as the range goes, so that sums agree.
 */
export function planRange(request: RangeRequest, now: number): RangePlan | RangeRejection {
  const { from, to, aggregation } = request;
  if (from > to) return { kind: "from_after_to" };
  const touched = touchedHours(from, to);
  const points = aggregation === "millennium" ? [from] : bucketStarts(aggregation, touched);
  if (points === undefined) return { kind: "too_many_points" };
  const { days, ragged } = aggregation === "hour" ? { days: nowhere, ragged: [touched] } : wholeDays(touched);
  const hours = ragged.filter(({ start, end }) => start < end);
  if (hours.some(({ start }) => start < oldestKeptHour(now))) return { kind: "hours_gone" };
  return { kind: "plan", aggregation, points, days, hours };
}

/** The sums of one bucket, by place of the metric. */
export interface Sums {
  readonly at: number;
  readonly sums: readonly number[];
}

/**
 * The sums of each point of a plan, from the hours and days read for it. Undefined when one would
 * pass the safe integers: an hour and a day never do, but many days together can.
 */
export function foldRange(plan: RangePlan, rows: Iterable<Sums>, width: number): number[][] | undefined {
  const points = plan.points.map(() => Array.from({ length: width }, () => 0));
  const places = new Map(plan.points.map((start, place) => [start, place]));
  for (const { at, sums } of rows) {
    const place = plan.aggregation === "millennium" ? 0 : places.get(bucketStart(plan.aggregation, at));
    const point = place === undefined ? undefined : points[place];
    if (point === undefined) continue;
    for (let metric = 0; metric < width; metric += 1) {
      point[metric] = (point[metric] ?? 0) + (sums[metric] ?? 0);
      if (!Number.isSafeInteger(point[metric])) return undefined;
    }
  }
  return points;
}

const nowhere: Span = { start: 0, end: 0 };

function floor(at: number, step: number): number {
  return Math.floor(at / step) * step;
}

function ceil(at: number, step: number): number {
  return Math.ceil(at / step) * step;
}

function touchedHours(from: number, to: number): Span {
  const start = floor(from, hour);
  return { start, end: from === to ? start : ceil(to, hour) };
}

/** Undefined when there are more than may be answered. */
function bucketStarts(cut: BucketSize, { start, end }: Span): number[] | undefined {
  const starts: number[] = [];
  if (start === end) return starts;
  for (let at = bucketStart(cut, start); at < end; at = nextBucket(cut, at)) {
    if (starts.length === maxPoints) return undefined;
    starts.push(at);
  }
  return starts;
}

function wholeDays({ start, end }: Span): { days: Span; ragged: Span[] } {
  const first = ceil(start, day);
  const last = floor(end, day);
  if (first > last) return { days: nowhere, ragged: [{ start, end }] };
  return {
    days: { start: first, end: last },
    ragged: [
      { start, end: first },
      { start: last, end },
    ],
  };
}
