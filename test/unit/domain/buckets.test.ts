import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  type Aggregation,
  aggregations,
  type BucketSize,
  bucketStart,
  day,
  foldRange,
  hour,
  maxPoints,
  nextBucket,
  oldestStoredHour,
  periodOf,
  planRange,
  type Sums,
} from "../../../src/domain/usage/buckets.ts";

const utc = (text: string) => Date.parse(`${text}${text.includes("T") ? "" : "T00:00"}Z`);
const iso = (at: number) => new Date(at).toISOString().slice(0, 16);
const cuts = aggregations.filter((aggregation) => aggregation !== "millennium");
const now = utc("2040-06-01");

describe("a bucket starts", () => {
  it.each<{ cut: BucketSize; at: string; start: string }>([
    { cut: "hour", at: "2040-02-29T23:59", start: "2040-02-29T23:00" },
    { cut: "day", at: "2040-02-29T23:59", start: "2040-02-29T00:00" },
    { cut: "week", at: "2040-02-29T12:00", start: "2040-02-27T00:00" },
    { cut: "week", at: "2040-03-04T23:59", start: "2040-02-27T00:00" },
    { cut: "week", at: "2040-03-05T00:00", start: "2040-03-05T00:00" },
    // The week of a year's first Thursday is its first, wherever its Monday lies.
    { cut: "week", at: "2027-01-03T12:00", start: "2026-12-28T00:00" },
    { cut: "week", at: "2021-01-01T00:00", start: "2020-12-28T00:00" },
    { cut: "month", at: "2040-02-29T12:00", start: "2040-02-01T00:00" },
    { cut: "month", at: "2040-03-31T12:00", start: "2040-03-01T00:00" },
    { cut: "quarter", at: "2040-05-31T12:00", start: "2040-04-01T00:00" },
    { cut: "quarter", at: "2040-12-31T23:59", start: "2040-10-01T00:00" },
    { cut: "year", at: "2040-12-31T23:59", start: "2040-01-01T00:00" },
    { cut: "year", at: "0050-07-31T23:59", start: "0050-01-01T00:00" },
    { cut: "day", at: "1969-12-31T23:59", start: "1969-12-31T00:00" },
  ])("a bucket starts for the $cut of $at on $start", ({ cut, at, start }) => {
    expect(iso(bucketStart(cut, utc(at)))).toBe(start);
  });

  it.each<{ cut: BucketSize; start: string; next: string }>([
    { cut: "hour", start: "2040-02-28T23:00", next: "2040-02-29T00:00" },
    { cut: "day", start: "2040-02-28", next: "2040-02-29T00:00" },
    { cut: "day", start: "2100-02-28", next: "2100-03-01T00:00" },
    { cut: "week", start: "2040-02-27", next: "2040-03-05T00:00" },
    { cut: "month", start: "2040-01-01", next: "2040-02-01T00:00" },
    { cut: "month", start: "2040-12-01", next: "2041-01-01T00:00" },
    { cut: "quarter", start: "2040-10-01", next: "2041-01-01T00:00" },
    { cut: "year", start: "2040-01-01", next: "2041-01-01T00:00" },
  ])("a bucket starts after the $cut of $start on $next [R38]", ({ cut, start, next }) => {
    expect(iso(nextBucket(cut, utc(start)))).toBe(next);
  });

  it("a bucket starts where the previous one ends, for every time", () => {
    const at = fc.integer({ min: utc("0001-01-10"), max: utc("9990-01-01") });
    fc.assert(
      fc.property(fc.constantFrom(...cuts), at, (cut, time) => {
        const start = bucketStart(cut, time);
        const end = nextBucket(cut, start);
        expect(start <= time && time < end).toBe(true);
        expect(bucketStart(cut, start)).toBe(start);
        expect(bucketStart(cut, end - 1)).toBe(start);
        expect(bucketStart(cut, end)).toBe(end);
      }),
    );
  });
});

it("a period is a calendar month", () => {
  expect(periodOf(utc("2040-02-29T23:59"))).toEqual({ start: utc("2040-02-01"), end: utc("2040-03-01") });
});

/** Returns the name of an hour's bucket, computed from calendar fields instead of arithmetic. */
function bucketName(aggregation: Aggregation, at: number): string {
  const text = iso(at);
  const [year = "", month = ""] = text.split("-");
  if (aggregation === "millennium") return "all";
  if (aggregation === "year") return year;
  if (aggregation === "quarter") return `${year} ${Math.ceil(Number(month) / 3)}`;
  if (aggregation === "month") return `${year} ${month}`;
  if (aggregation === "day") return text.slice(0, 10);
  if (aggregation === "hour") return text.slice(0, 13);
  // Mondays apart: the first of January 1970 was a Thursday.
  return String(Math.floor((Math.floor(at / day) + 3) / 7));
}

/** Returns the starts of the hours that a range overlaps. */
function touchedHours(from: number, to: number): number[] {
  const starts: number[] = [];
  if (from === to) return starts;
  for (let at = Math.floor(from / hour) * hour; at < to; at += hour) starts.push(at);
  return starts;
}

/** Sums a range hour by hour. */
function naiveSums(aggregation: Aggregation, from: number, to: number, rows: readonly Sums[]): number[] {
  const values = new Map(rows.map(({ at, sums }) => [at, sums[0] ?? 0]));
  const named = new Map<string, number>();
  for (const at of touchedHours(from, to)) {
    const name = bucketName(aggregation, at);
    named.set(name, (named.get(name) ?? 0) + (values.get(at) ?? 0));
  }
  return aggregation === "millennium" && named.size === 0 ? [0] : [...named.values()];
}

/** Returns the rows that a plan reads, from hours and the days they add up to. */
function readRange(hours: readonly Sums[], from: number, to: number, aggregation: Aggregation) {
  const plan = planRange({ from, to, aggregation }, now);
  if (plan.kind !== "plan") throw new Error(plan.kind);
  const days = new Map<number, number>();
  for (const { at, sums } of hours) {
    const start = bucketStart("day", at);
    days.set(start, (days.get(start) ?? 0) + (sums[0] ?? 0));
  }
  const within = (at: number, { start, end }: { start: number; end: number }) => start <= at && at < end;
  const rows = [
    ...hours.filter(({ at }) => plan.hours.some((span) => within(at, span))),
    ...[...days].filter(([at]) => within(at, plan.days)).map(([at, sum]) => ({ at, sums: [sum] })),
  ];
  return { plan, sums: foldRange(plan, rows, 1)?.map(([sum]) => sum) };
}

describe("a time range", () => {
  // Around a leap day, a year's end within a week, and any time of the hour.
  const start = fc.constantFrom("2040-02-27", "2039-12-24", "2040-03-30", "2040-05-01").map(utc);
  const range = fc
    .tuple(start, fc.integer({ min: 0, max: 9 * day }), fc.integer({ min: 0, max: 40 * day }))
    .map(([base, offset, length]) => ({ from: base + offset, to: base + offset + length }));
  const offsets = fc.uniqueArray(fc.integer({ min: -20 * 24, max: 60 * 24 }), { maxLength: 60 });

  it("a time range has the same total in every aggregation [R38]", () => {
    fc.assert(
      fc.property(range, offsets, ({ from, to }, places) => {
        const base = Math.floor(from / hour) * hour;
        const hours = places.map((place, at) => ({ at: base + place * hour, sums: [at + 1] }));
        for (const aggregation of aggregations) {
          const { sums } = readRange(hours, from, to, aggregation);
          expect(sums).toEqual(naiveSums(aggregation, from, to, hours));
        }
      }),
    );
  });

  it("a time range has one point for each bucket it overlaps, with the start of the bucket as timestamp", () => {
    fc.assert(
      fc.property(range, fc.constantFrom(...cuts), ({ from, to }, cut) => {
        const { points } = readRange([], from, to, cut).plan;
        const touched = new Set(touchedHours(from, to).map((at) => bucketStart(cut, at)));
        expect(points).toEqual([...touched]);
      }),
    );
  });

  it("a time range reads whole days as days, and hours only at both ends", () => {
    const { plan } = readRange([], utc("2039-05-30T22:30"), utc("2040-05-30T01:01"), "millennium");
    expect(plan.days).toEqual({ start: utc("2039-05-31"), end: utc("2040-05-30") });
    expect(plan.hours).toEqual([
      { start: utc("2039-05-30T22:00"), end: utc("2039-05-31") },
      { start: utc("2040-05-30"), end: utc("2040-05-30T02:00") },
    ]);
    expect(readRange([], utc("2040-05-01"), utc("2040-05-03"), "day").plan.hours).toEqual([]);
    expect(readRange([], utc("2040-05-01T03:00"), utc("2040-05-01T05:00"), "year").plan.hours).toEqual([
      { start: utc("2040-05-01T03:00"), end: utc("2040-05-01T05:00") },
    ]);
  });

  it("a time range that is empty has no points, or one for a millennium", () => {
    const at = utc("2040-05-01T03:33");
    for (const cut of cuts) expect(readRange([], at, at, cut).plan.points).toEqual([]);
    expect(readRange([], at, at, "millennium")).toMatchObject({ plan: { points: [at] }, sums: [0] });
  });

  it("a time range has one point for a millennium, with its own start as timestamp", () => {
    const from = utc("0500-05-01T03:00") + 7;
    const result = planRange({ from, to: utc("2040-05-01"), aggregation: "millennium" }, now);
    expect(result).toEqual({ kind: "hours_gone" });
    const whole = planRange(
      { from: utc("0500-05-01"), to: utc("9000-05-01"), aggregation: "millennium" },
      now,
    );
    expect(whole).toMatchObject({ points: [utc("0500-05-01")], hours: [] });
    const { plan } = readRange([], utc("2040-05-01T03:33"), utc("2040-05-02"), "millennium");
    expect(plan.points).toEqual([utc("2040-05-01T03:33")]);
  });

  it("a time range is rejected if it ends before it starts", () => {
    for (const aggregation of aggregations) {
      expect(planRange({ from: now, to: now - 1, aggregation }, now)).toEqual({ kind: "from_after_to" });
    }
  });

  it("a time range has at most 10,000 points", () => {
    const from = utc("2040-01-01");
    const to = from + maxPoints * hour;
    expect(planRange({ from, to, aggregation: "hour" }, now)).toMatchObject({ kind: "plan" });
    expect(planRange({ from, to: to + 1, aggregation: "hour" }, now)).toEqual({ kind: "too_many_points" });
    const ancient = { from: utc("0001-01-01"), to: utc("9999-01-01") };
    expect(planRange({ ...ancient, aggregation: "year" }, now)).toMatchObject({ kind: "plan" });
    expect(planRange({ ...ancient, aggregation: "quarter" }, now)).toEqual({ kind: "too_many_points" });
  });

  it("a time range can use hours for 400 days, and days without limit", () => {
    const noon = now + 12 * hour;
    const oldest = oldestStoredHour(noon);
    expect(oldest).toBe(now - 400 * day);
    const kind = (from: number, to: number, aggregation: Aggregation) =>
      planRange({ from, to, aggregation }, noon).kind;
    expect(kind(oldest, oldest + hour, "hour")).toBe("plan");
    expect(kind(oldest - 1, oldest, "hour")).toBe("hours_gone");
    expect(kind(oldest - day, oldest, "hour")).toBe("hours_gone");
    expect(kind(oldest - day, oldest, "day")).toBe("plan");
    expect(kind(oldest - 2 * day, oldest - hour, "week")).toBe("hours_gone");
    expect(kind(oldest - day + hour, oldest + 5 * hour, "month")).toBe("hours_gone");
    expect(kind(oldest - day, oldest + 5 * hour, "month")).toBe("plan");
    expect(kind(oldest - hour, oldest - hour, "hour")).toBe("plan");
  });

  it("a time range is rejected if a sum is not a safe integer", () => {
    const plan = planRange({ from: now, to: now + 2 * hour, aggregation: "day" }, now);
    if (plan.kind !== "plan") throw new Error(plan.kind);
    const rows = [
      { at: now, sums: [Number.MAX_SAFE_INTEGER - 1] },
      { at: now + hour, sums: [1] },
    ];
    expect(foldRange(plan, rows, 1)).toEqual([[Number.MAX_SAFE_INTEGER]]);
    expect(foldRange(plan, [...rows, { at: now, sums: [1] }], 1)).toBeUndefined();
  });
});
