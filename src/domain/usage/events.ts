/** Events: what others measured and tell afterwards, each counted at most once. */
import { bucketStart, day, hour, type Sums } from "./buckets.ts";
import { type EventMetric, metrics } from "./usage.ts";

export interface UsageEvent {
  /** Makes the event countable once. */
  readonly id: string;
  readonly metric: EventMetric;
  /** 0 to 2^53−1. */
  readonly value: number;
  readonly knowledgebox: string | null;
  /** When it happened; null for now. */
  readonly timestamp: number | null;
}

/** An event whose time is settled. */
export interface TimestampedEvent extends UsageEvent {
  readonly timestamp: number;
  /** Whether its id was counted before. */
  readonly known: boolean;
}

export type EventRejectionReason =
  /** It happened before the window in which ids are remembered. */
  | "too_old"
  /** It happens more than an hour from now. */
  | "too_far_ahead"
  /** The sum of its day would pass 2^53−1. */
  | "too_large";

export interface RejectedEvent {
  readonly id: string;
  readonly reason: EventRejectionReason;
}

/** The time from which ids are remembered and events therefore taken; it never moves back, whatever window is asked for. */
export function dedupHorizonAt(now: number, windowDays: number, reached: number): number {
  return Math.max(reached, now - windowDays * day);
}

export interface ClassifiedEvents<Event> {
  readonly accepted: readonly Event[];
  readonly duplicates: number;
  readonly refused: readonly RejectedEvent[];
}

/**
 * Tells apart what counts, what counted before and what is refused, in the order of the events.
 * `totals` are the sums of their days so far, over all knowledge boxes; they bound every hour and
 * every knowledge box too. A refused event's id stays free.
 */
export function classifyEvents<Event extends TimestampedEvent>(
  events: readonly Event[],
  totals: readonly Sums[],
  { now, horizon }: { readonly now: number; readonly horizon: number },
): ClassifiedEvents<Event> {
  const days = new Map(totals.map(({ at, sums }) => [at, [...sums]]));
  const taken = new Set<string>();
  const accepted: Event[] = [];
  const refused: RejectedEvent[] = [];
  let duplicates = 0;
  for (const event of events) {
    const { id, timestamp, value } = event;
    if (event.known || taken.has(id)) {
      duplicates += 1;
      continue;
    }
    const sums = sumsAt(days, bucketStart("day", timestamp));
    const place = metrics.indexOf(event.metric);
    const room = Number.MAX_SAFE_INTEGER - (sums[place] ?? 0);
    const reason = timeFault(timestamp, now, horizon) ?? (value > room ? "too_large" : undefined);
    if (reason !== undefined) {
      refused.push({ id, reason });
      continue;
    }
    sums[place] = (sums[place] ?? 0) + value;
    taken.add(id);
    accepted.push(event);
  }
  return { accepted, duplicates, refused };
}

/** A bucket of one knowledge box, or of all where its name is empty. */
export interface BucketSums extends Sums {
  readonly knowledgebox: string;
}

/** Sums events by hour or day: for each knowledge box, and for all of them together with what belongs to none. */
export function sumEvents(cut: "hour" | "day", events: readonly TimestampedEvent[]): BucketSums[] {
  const boxes = new Map<string, Map<number, number[]>>();
  for (const { metric, value, knowledgebox, timestamp } of events) {
    const place = metrics.indexOf(metric);
    const at = bucketStart(cut, timestamp);
    for (const name of new Set(["", knowledgebox ?? ""])) {
      const buckets = boxes.get(name) ?? new Map<number, number[]>();
      boxes.set(name, buckets);
      const sums = sumsAt(buckets, at);
      sums[place] = (sums[place] ?? 0) + value;
    }
  }
  return [...boxes].flatMap(([knowledgebox, buckets]) =>
    [...buckets].map(([at, sums]) => ({ knowledgebox, at, sums })),
  );
}

function timeFault(timestamp: number, now: number, horizon: number): EventRejectionReason | undefined {
  if (timestamp < horizon) return "too_old";
  return timestamp > now + hour ? "too_far_ahead" : undefined;
}

function sumsAt(buckets: Map<number, number[]>, at: number): number[] {
  const known = buckets.get(at);
  if (known !== undefined) return known;
  const sums = metrics.map(() => 0);
  buckets.set(at, sums);
  return sums;
}
