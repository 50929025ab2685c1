/** Queries of time ranges. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { aggregations } from "../../../src/domain/usage/buckets.ts";
import { metrics } from "../../../src/domain/usage/usage.ts";
import { day, hour, maxInteger, noon, TestMeter } from "../../support/usage-meter.ts";

const midnight = noon - (noon % day);

describe("a query", () => {
  it("a query returns every metric at every point, also for an unused account", async () => {
    const zeros = metrics.map(() => 0);
    const meter = new TestMeter();
    const range = { from: noon + 1, to: noon + hour + 1 };
    const empty = {
      kind: "points",
      points: [
        { at: noon, sums: zeros },
        { at: noon + hour, sums: zeros },
      ],
    };
    expect(await meter.read(range)).toEqual(empty);
    await meter.increment(1, {}, noon - hour);
    expect(await meter.read(range)).toEqual(empty);
  });

  it("a query creates no tables and sets no alarm", async () => {
    const meter = new TestMeter();
    await meter.read({ from: noon, to: noon });
    await meter.state();
    expect(
      await meter.rows("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'"),
    ).toEqual([]);
    expect(await meter.alarmAt()).toBeNull();
  });

  it("a query is rejected for an invalid range, with and without stored usage", async () => {
    const meter = new TestMeter();
    const refusals = async () => [
      await meter.read({ from: noon, to: noon - 1 }),
      await meter.read({ from: noon - 300 * day, to: noon + 200 * day }),
      await meter.read({ from: noon - 500 * day, to: noon, aggregation: "year" }),
    ];
    const kinds = [{ kind: "from_after_to" }, { kind: "too_many_points" }, { kind: "hours_gone" }];
    expect(await refusals()).toEqual(kinds);
    await meter.increment(1);
    expect(await refusals()).toEqual(kinds);
  });

  it("a query is rejected for deleted hours by the latest known time, even if the clock has stepped back", async () => {
    const meter = new TestMeter();
    await meter.increment(1, {}, noon + 2 * day);
    const range = { from: midnight - 399 * day, to: midnight - 398 * day };
    expect(await meter.read(range, noon)).toEqual({ kind: "hours_gone" });
    expect(await new TestMeter().read(range, noon)).toMatchObject({ kind: "points" });
  });

  it("a query is rejected if a sum exceeds 2^53−1, while finer buckets are exact", async () => {
    const meter = new TestMeter();
    await meter.record([
      { id: "a", value: maxInteger },
      { id: "b", value: 1, timestamp: noon - day },
    ]);
    const range = { from: noon - 2 * day, to: noon + hour };
    expect(await meter.read({ ...range, aggregation: "week" })).toEqual({ kind: "too_large" });
    expect(await meter.sums("ai_tokens_used", { ...range, aggregation: "day" })).toEqual([0, 1, maxInteger]);
  });

  it("a query of a year reads one row per day, however many hours and knowledge boxes there are", async () => {
    const meter = new TestMeter();
    const events = Array.from({ length: 1_000 }, (_, at) => ({
      id: `e${at}`,
      knowledgebox: `kb${at % 20}`,
      timestamp: noon - at * 8 * hour,
    }));
    expect(await meter.record(events, noon, 365)).toMatchObject({ accepted: 1_000 });
    const { read } = await meter.cost(() =>
      meter.read({ from: midnight - 330 * day, to: midnight, aggregation: "millennium" }),
    );
    expect(read).toBeLessThan(345);
  });
});

describe("queries", () => {
  const event = fc.record({
    metric: fc.constantFrom("ai_tokens_used" as const, "pages_processed" as const),
    value: fc.nat(100),
    knowledgebox: fc.constantFrom(null, "one", "two"),
    timestamp: fc.integer({ min: noon - 40 * day, max: noon + hour }),
  });

  it("queries return the recorded totals in every aggregation and for every knowledge box", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 60 }),
        fc.integer({ min: noon - 45 * day, max: noon }),
        fc.integer({ min: 0, max: 46 * day }),
        fc.constantFrom(null, "one", "two", "none"),
        async (events, from, length, knowledgebox) => {
          const meter = new TestMeter();
          await meter.record(
            events.map((made, at) => ({ ...made, id: String(at) })),
            noon,
            60,
          );
          const to = from + length;
          const touched = ({ timestamp, knowledgebox: of }: (typeof events)[number]) =>
            Math.floor(timestamp / hour) * hour < to &&
            Math.floor(timestamp / hour) >= Math.floor(from / hour) &&
            from < to &&
            (knowledgebox === null || of === knowledgebox);
          for (const metric of ["ai_tokens_used", "pages_processed", "usage"] as const) {
            const expected = events
              .filter((made) => touched(made) && made.metric === metric)
              .reduce((sum, { value }) => sum + value, 0);
            for (const aggregation of aggregations) {
              const sums = await meter.sums(metric, { from, to, aggregation, knowledgebox });
              if (typeof sums === "string") throw new Error(sums);
              expect(sums.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(expected);
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
