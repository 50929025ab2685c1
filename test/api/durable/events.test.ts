/** Recording of events: accepted ones, duplicates, rejected ones, and the cost. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";

import { type EventMetric, eventMetrics, metrics } from "../../../src/domain/usage/usage.ts";
import { day, eventOf, hour, maxInteger, noon, TestMeter } from "../../support/usage-meter.ts";

const around = { from: noon, to: noon + hour };

describe("an event", () => {
  it("an event with an unknown metric of a newer version fails the whole call", async () => {
    const meter = new TestMeter();
    const newer: string = "sample_metric";
    const events = [{ id: "a" }, { id: "b", metric: newer as EventMetric }];
    await runInDurableObject(meter.stub, async (instance) => {
      const call = { accountUuid: meter.uuid, events: events.map(eventOf), windowDays: 30 };
      await expect(instance.record(call, noon)).rejects.toThrow("Unknown metric: sample_metric");
    });
    expect(await meter.sums("ai_tokens_used", around)).toEqual([0]);
    expect(await meter.record([{ id: "a" }])).toMatchObject({ accepted: 1 });
  });

  it("an event is counted in its hour, or in the current one without a timestamp", async () => {
    const meter = new TestMeter();
    const result = await meter.record([
      { id: "a", value: 5 },
      { id: "b", value: 7, timestamp: noon - 3 * hour - 1 },
      { id: "c", value: 0 },
    ]);
    expect(result).toEqual({ accepted: 3, duplicates: 0, refused: [] });
    const range = { from: noon - 4 * hour, to: noon + hour };
    expect(await meter.sums("ai_tokens_used", range)).toEqual([7, 0, 0, 0, 5]);
  });

  it("an event is counted once, in one call and in later ones, even if it changes", async () => {
    const meter = new TestMeter();
    const once = [{ id: "a", value: 5 }, { id: "b" }, { id: "a", value: 9 }];
    expect(await meter.record(once)).toEqual({ accepted: 2, duplicates: 1, refused: [] });
    const again = await meter.record([
      { id: "a", value: 5 },
      { id: "b", value: maxInteger, metric: "nuclia_tokens", knowledgebox: "kb", timestamp: noon - 2 * day },
      { id: "c" },
    ]);
    expect(again).toEqual({ accepted: 1, duplicates: 2, refused: [] });
    expect(await meter.sums("ai_tokens_used", around)).toEqual([7]);
    expect(await meter.state()).toMatchObject({ currentKnowledgeBoxes: 0 });
  });

  it("an event is counted once when it is sent twenty times concurrently", async () => {
    const meter = new TestMeter();
    const events = Array.from({ length: 50 }, (_, at) => ({ id: `e${at}`, value: at }));
    const results = await Promise.all(Array.from({ length: 20 }, () => meter.record(events)));
    expect(results.map(({ accepted }) => accepted).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 19 }, () => 0),
      50,
    ]);
    expect(await meter.sums("ai_tokens_used", around)).toEqual([1_225]);
  });

  it("an event is identified by every character of its id", async () => {
    const meter = new TestMeter();
    const ids = ["a", "A", " a", "é", "e\u0301", "x".repeat(255), `${"x".repeat(254)}y`, "\u0000", "0", "00"];
    expect(await meter.record(ids.map((id) => ({ id })))).toMatchObject({ accepted: ids.length });
    expect(await meter.record(ids.map((id) => ({ id })))).toMatchObject({ duplicates: ids.length });
  });

  it("an event is accepted from the first millisecond of the window to an hour in the future", async () => {
    const meter = new TestMeter();
    const result = await meter.record(
      [
        { id: "too old", timestamp: noon - 7 * day - 1 },
        { id: "old", timestamp: noon - 7 * day },
        { id: "ahead", timestamp: noon + hour },
        { id: "too far", timestamp: noon + hour + 1 },
      ],
      noon,
      7,
    );
    expect(result).toEqual({
      accepted: 2,
      duplicates: 0,
      refused: [
        { id: "too old", reason: "too_old" },
        { id: "too far", reason: "too_far_ahead" },
      ],
    });
  });

  it("an event is rejected alone if a sum would exceed 2^53−1 [R35]", async () => {
    const meter = new TestMeter();
    const full = [
      { id: "a", value: maxInteger - 1 },
      { id: "b", value: 2 },
      { id: "c", value: 1 },
      { id: "d", value: 1, timestamp: noon - 2 * hour },
      { id: "e", value: 1, knowledgebox: "kb" },
      { id: "f", value: 1, metric: "nuclia_tokens" },
      { id: "g", value: 1, timestamp: noon - day },
      { id: "h", value: 0 },
    ] as const;
    const refused = ["b", "d", "e"].map((id) => ({ id, reason: "too_large" }));
    expect(await meter.record(full)).toEqual({ accepted: 5, duplicates: 0, refused });
    expect(await meter.record(full)).toEqual({ accepted: 0, duplicates: 5, refused });
    expect(await meter.sums("ai_tokens_used", around)).toEqual([maxInteger]);
    const tomorrow = await meter.record([{ id: "b", value: 2 }], noon + day);
    expect(tomorrow).toEqual({ accepted: 1, duplicates: 0, refused: [] });
  });

  it("an event that was rejected can be sent again", async () => {
    const meter = new TestMeter();
    await meter.record([{ id: "a", timestamp: noon + 2 * hour }]);
    const second = await meter.record([
      { id: "a", timestamp: noon - 90 * day },
      { id: "a", value: 4 },
    ]);
    expect(second).toEqual({ accepted: 1, duplicates: 0, refused: [{ id: "a", reason: "too_old" }] });
  });

  it("an event can have any metric except usage, which increments count", async () => {
    const meter = new TestMeter();
    await meter.increment(99);
    const values = new Map(eventMetrics.map((metric, index) => [metric, index + 1]));
    await meter.record([...values].map(([metric, value]) => ({ id: metric, metric, value })));
    const reading = await meter.read({ ...around, aggregation: "millennium" });
    expect(reading).toEqual({
      kind: "points",
      points: [{ at: noon, sums: metrics.map((name) => (name === "usage" ? 99 : values.get(name))) }],
    });
  });
});

describe("an event id", () => {
  const old = { id: "a", value: 5, timestamp: noon };

  it("an event id is known exactly as long as its event is accepted", async () => {
    const meter = new TestMeter();
    await meter.record([old], noon, 7);
    expect(await meter.record([old], noon + 7 * day, 7)).toMatchObject({ duplicates: 1 });
    expect(await meter.record([old], noon + 7 * day + 1, 7)).toMatchObject({
      refused: [{ reason: "too_old" }],
    });
    const later = { id: "a", value: 3, timestamp: noon + 7 * day };
    expect(await meter.record([later], noon + 7 * day + 1, 7)).toMatchObject({ accepted: 1 });
    expect(await meter.record([later], noon + 7 * day + 1, 7)).toMatchObject({ duplicates: 1 });
  });

  it("an event id that was pruned is never counted again, even if the window grows or the clock steps back [R40]", async () => {
    const meter = new TestMeter();
    await meter.record([old], noon, 7);
    await meter.record([{ id: "b" }], noon + 8 * day, 7);
    const refused = { accepted: 0, duplicates: 0, refused: [{ id: "a", reason: "too_old" }] };
    expect(await meter.record([old], noon + 8 * day, 30)).toEqual(refused);
    expect(await meter.record([old], noon, 7)).toEqual(refused);
    const recent = { ...old, id: "c", timestamp: noon + 2 * day };
    expect(await meter.record([recent], noon + 8 * day, 30)).toMatchObject({ accepted: 1 });
  });

  it("an event id is found in a window of many months", async () => {
    const meter = new TestMeter();
    const times = Array.from({ length: 12 }, (_, at) => noon - at * 30 * day);
    const events = times.map((timestamp, at) => ({ id: `e${at}`, timestamp }));
    expect(await meter.record(events, noon, 365)).toMatchObject({ accepted: 12 });
    const undated = events.map(({ id }) => ({ id }));
    expect(await meter.record(undated, noon, 365)).toMatchObject({ duplicates: 12 });
  });
});

describe("knowledge boxes", () => {
  it("knowledge boxes are counted once each", async () => {
    const meter = new TestMeter();
    await meter.record([
      { id: "a", knowledgebox: "one" },
      { id: "b", knowledgebox: "two" },
      { id: "c", knowledgebox: "one" },
      { id: "d" },
    ]);
    expect(await meter.state()).toMatchObject({ currentKnowledgeBoxes: 2 });
    await meter.record([
      { id: "e", knowledgebox: "two" },
      { id: "f", knowledgebox: "Two" },
      { id: "g", knowledgebox: "refused", timestamp: noon + day },
    ]);
    expect(await meter.state()).toMatchObject({ currentKnowledgeBoxes: 3 });
    expect(await meter.state(noon + 60 * day)).toMatchObject({ usage: 0, currentKnowledgeBoxes: 3 });
  });
});

describe("the cost of a thousand events", () => {
  const boxes = ["one", "two", "three"];
  const typical = Array.from({ length: 1_000 }, (_, at) =>
    eventOf({
      id: `event-${at}`,
      metric: eventMetrics[at % eventMetrics.length] ?? "nuclia_tokens",
      value: at,
      knowledgebox: boxes[at % boxes.length] ?? null,
      timestamp: noon - (at % 4) * hour,
    }),
  );

  it("the cost of a thousand events is one row each and a few rows for all", async () => {
    const meter = new TestMeter();
    await meter.record([{ id: "first" }]);
    const { written } = await meter.cost(() => meter.record(typical));
    // Ids; hours and days of three knowledge boxes and of all; knowledge boxes; the account.
    expect(written).toBe(1_000 + 4 * 4 + 4 + 3 + 1);
  });

  it("the cost of a thousand events is no row if they are sent again", async () => {
    const meter = new TestMeter();
    await meter.record(typical);
    const { read, written } = await meter.cost(() => meter.record(typical));
    expect(written).toBe(0);
    expect(read).toBeLessThan(10_000);
  });
});
