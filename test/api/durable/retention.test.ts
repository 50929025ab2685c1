/** Retention: the alarm deletes expired rows in steps. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { pruneStep } from "../../../src/durable/prune.ts";
import { day, hour, noon, statusOf, TestMeter } from "../../support/usage-meter.ts";

// Alarms use the machine's clock. With times in the future, they run only when the test runs them.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: noon }));
afterEach(() => void vi.useRealTimers());

const ring = (meter: TestMeter) => runDurableObjectAlarm(meter.stub);

describe("the alarm", () => {
  it("the alarm runs within half a minute of an increment, and daily while rows can expire", async () => {
    const meter = new TestMeter();
    await meter.increment(1);
    expect(await meter.alarmAt()).toBe(noon + 30_000);
    expect(await ring(meter)).toBe(true);
    expect(await meter.alarmAt()).toBe(noon + day);
  });

  it("the alarm is not postponed by later calls or by an eviction", async () => {
    const meter = new TestMeter();
    await meter.increment(1);
    vi.setSystemTime(noon + 1_500);
    await meter.increment(1);
    await meter.evict();
    await meter.increment(1);
    await meter.record([{ id: "a" }]);
    expect(await meter.alarmAt()).toBe(noon + 30_000);
    await ring(meter);
    vi.setSystemTime(noon + hour);
    await meter.evict();
    await meter.record([{ id: "b" }]);
    expect(await meter.alarmAt()).toBe(noon + 1_500 + day);
  });

  it("the alarm is not set by a call that changes nothing", async () => {
    const meter = new TestMeter();
    await meter.increment(1, { key: { value: "k", requestHash: "body" } });
    await meter.record([{ id: "a" }]);
    await ring(meter);
    vi.setSystemTime(noon - hour);
    await meter.increment(1, { key: { value: "k", requestHash: "body" } });
    await meter.increment(1, { key: { value: "k", requestHash: "other" } });
    await meter.record([{ id: "a" }, { id: "b", timestamp: 0 }]);
    expect(await meter.alarmAt()).toBe(noon + day);
  });

  it("the alarm is not set again once no rows can expire", async () => {
    const meter = new TestMeter();
    await meter.stub.setLimit({ accountUuid: meter.uuid, limit: 0 }, noon);
    await ring(meter);
    expect(await meter.alarmAt()).toBeNull();

    const used = new TestMeter();
    await used.increment(1);
    vi.setSystemTime(noon + 402 * day);
    await ring(used);
    expect(await used.alarmAt()).toBeNull();
    expect(await ring(used)).toBe(false);
  });
});

describe("the alarm deletes", () => {
  it("idempotency records after their keys have expired", async () => {
    const meter = new TestMeter();
    const keyed = { key: { value: "k", requestHash: "body" } };
    await meter.increment(1, keyed);
    vi.setSystemTime(noon + day - 1);
    await ring(meter);
    expect(await meter.increment(1, keyed, noon + day - 1)).toEqual({ kind: "counted", answer: statusOf(1) });
    vi.setSystemTime(noon + 2 * day);
    await ring(meter);
    expect(await meter.count("answers")).toBe(0);
  });

  it("ids of events older than the window, even without further calls", async () => {
    const meter = new TestMeter();
    const events = [
      { id: "a", timestamp: noon - 7 * day },
      { id: "b", timestamp: noon },
    ];
    await meter.record(events, noon, 7);
    await ring(meter);
    expect(await meter.record(events, noon, 7)).toMatchObject({ duplicates: 2 });
    vi.setSystemTime(noon + 7 * day + 30 * day);
    await ring(meter);
    expect(await meter.count("seen_events")).toBe(0);
    // The clock stepped back, the window grew: what was forgotten is not counted again.
    expect(await meter.record(events, noon, 60)).toMatchObject({ accepted: 0, refused: [{}, {}] });
  });

  it("hours of every knowledge box after 400 days, and never days", async () => {
    const meter = new TestMeter();
    const start = noon - (noon % day);
    await meter.record([
      { id: "a", timestamp: start, knowledgebox: "kb" },
      { id: "b", timestamp: start - 1, knowledgebox: "kb" },
    ]);
    vi.setSystemTime(noon + 400 * day);
    await ring(meter);
    expect(await meter.rows("SELECT knowledgebox, at FROM hours ORDER BY knowledgebox, at")).toEqual([
      { knowledgebox: "", at: start },
      { knowledgebox: "kb", at: start },
    ]);
    const range = { from: start - day, to: start + day, knowledgebox: "kb" };
    const later = noon + 400 * day;
    expect(await meter.sums("ai_tokens_used", { ...range, aggregation: "day" }, later)).toEqual([1, 1]);
    expect(await meter.read(range, later)).toEqual({ kind: "hours_gone" });
    expect(await meter.read(range, noon)).toEqual({ kind: "hours_gone" });
    expect(await meter.sums("ai_tokens_used", { ...range, from: start }, later)).toHaveLength(24);
  });

  it("a thousand rows per step, with the next step soon, until none has expired", async () => {
    const meter = new TestMeter();
    for (let part = 0; part < 3; part += 1) {
      const ids = Array.from({ length: 900 }, (_, at) => ({ id: `${part}-${at}` }));
      expect(await meter.record(ids, noon, 7)).toMatchObject({ accepted: 900 });
    }
    vi.setSystemTime(noon + 60 * day);
    await ring(meter);
    expect(await meter.count("seen_events")).toBe(2_700 - pruneStep);
    expect(await meter.alarmAt()).toBe(noon + 60 * day + 2_000);
    await ring(meter);
    await ring(meter);
    expect(await meter.count("seen_events")).toBe(0);
    expect(await meter.alarmAt()).toBe(noon + 61 * day);
  });
});
