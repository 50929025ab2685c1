/** Usage events, which other services report. Each is counted at most once. */
import { bucketStart, day, hour, type Sums } from "./buckets.ts";
import { type EventMetric, metricIndex, metrics } from "./usage.ts";

export interface UsageEvent {
  /** An event with an id that was counted before is a duplicate. */
  readonly id: string;
  readonly metric: EventMetric;
  /** 0 to 2^53−1. */
  readonly value: number;
  readonly knowledgebox: string | null;
  /** When it happened, in epoch milliseconds; null means now. */
  readonly timestamp: number | null;
}

/** An event with a timestamp. */
export interface TimestampedEvent extends UsageEvent {
  readonly timestamp: number;
  /** Whether its id was counted before. */
  readonly known: boolean;
}

export type EventRejectionReason =
  /** It is older than the window in which ids are stored. */
  | "too_old"
  /** It is more than an hour in the future. */
  | "too_far_ahead"
  /** The sum of its day would exceed 2^53−1. */
  | "too_large";

export interface RejectedEvent {
  readonly id: string;
  readonly reason: EventRejectionReason;
}

/** Returns the time of the oldest event that is accepted. It never moves back, even if the window grows. */
export function dedupHorizonAt(now: number, windowDays: number, previous: number): number {
  return Math.max(previous, now - windowDays * day);
}

export interface ClassifiedEvents<Event> {
  readonly accepted: readonly Event[];
  readonly duplicates: number;
  readonly refused: readonly RejectedEvent[];
}

/**
 * Splits events into accepted ones, duplicates and rejected ones, in their order. `totals` are the sums of
 * their days over all knowledge boxes, which also bound every hour and knowledge box. The id of a rejected
 * event can be used again.
 */
export function classifyEvents<Event extends TimestampedEvent>(
  events: readonly Event[],
  totals: readonly Sums[],
  { now, horizon }: { readonly now: number; readonly horizon: number },
): ClassifiedEvents<Event> {
  const days = new Map(totals.map(({ at, sums }) => [at, [...sums]]));
  const acceptedIds = new Set<string>();
  const accepted: Event[] = [];
  const refused: RejectedEvent[] = [];
  let duplicates = 0;
  for (const event of events) {
    const { id, timestamp, value } = event;
    if (event.known || acceptedIds.has(id)) {
      duplicates += 1;
      continue;
    }
    const sums = sumsAt(days, bucketStart("day", timestamp));
    const index = metricIndex(event.metric);
    const remaining = Number.MAX_SAFE_INTEGER - (sums[index] ?? 0);
    const reason = validateTime(timestamp, now, horizon) ?? (value > remaining ? "too_large" : undefined);
    if (reason !== undefined) {
      refused.push({ id, reason });
      continue;
    }
    sums[index] = (sums[index] ?? 0) + value;
    acceptedIds.add(id);
    accepted.push(event);
  }
  return { accepted, duplicates, refused };
}

/** A bucket of one knowledge box; the empty name is all of them together. */
export interface BucketSums extends Sums {
  readonly knowledgebox: string;
}

/** Sums events by hour or day, for each knowledge box and for the whole account. */
export function sumEvents(size: "hour" | "day", events: readonly TimestampedEvent[]): BucketSums[] {
  const boxes = new Map<string, Map<number, number[]>>();
  for (const { metric, value, knowledgebox, timestamp } of events) {
    const index = metricIndex(metric);
    const at = bucketStart(size, timestamp);
    for (const name of new Set(["", knowledgebox ?? ""])) {
      const buckets = boxes.get(name) ?? new Map<number, number[]>();
      boxes.set(name, buckets);
      const sums = sumsAt(buckets, at);
      sums[index] = (sums[index] ?? 0) + value;
    }
  }
  return [...boxes].flatMap(([knowledgebox, buckets]) =>
    [...buckets].map(([at, sums]) => ({ knowledgebox, at, sums })),
  );
}

function validateTime(timestamp: number, now: number, horizon: number): EventRejectionReason | undefined {
  if (timestamp < horizon) return "too_old";
  return timestamp > now + hour ? "too_far_ahead" : undefined;
}

function sumsAt(buckets: Map<number, number[]>, at: number): number[] {
  const existing = buckets.get(at);
  if (existing !== undefined) return existing;
  const sums = metrics.map(() => 0);
  buckets.set(at, sums);
  return sums;
}
