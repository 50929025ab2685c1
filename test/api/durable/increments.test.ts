/** Increments: limits, idempotency keys, periods and cost. */
import { describe, expect, it } from "vitest";

import { effort } from "../../support/effort.ts";
import { day, hour, maxInteger, noon, statusOf, TestMeter } from "../../support/usage-meter.ts";

const june = Date.UTC(2040, 5, 1);
const keyed = (value: string, requestHash = "body") => ({ key: { value, requestHash } });

describe("an increment", () => {
  it("an increment adds to the month if there is no limit [R36]", async () => {
    const meter = new TestMeter();
    expect(await meter.increment(5)).toEqual({ kind: "counted", answer: statusOf(5) });
    expect(await meter.increment(7)).toEqual({ kind: "counted", answer: statusOf(12) });
    expect(await meter.state()).toEqual({
      usage: 12,
      period: Date.UTC(2040, 4, 1),
      currentKnowledgeBoxes: 0,
    });
  });

  it("an increment can reach the limit exactly and is rejected beyond it", async () => {
    const meter = new TestMeter();
    const limited = { limit: 10, overridden: true };
    expect(await meter.increment(9, limited)).toEqual({ kind: "counted", answer: statusOf(9, 10, true) });
    expect(await meter.increment(2, limited)).toEqual({
      kind: "refused",
      answer: statusOf(9, 10, true),
      periodEnd: june,
    });
    expect(await meter.increment(1, limited)).toEqual({ kind: "counted", answer: statusOf(10, 10, true) });
    expect(await meter.increment(1, limited)).toMatchObject({ kind: "refused", answer: { remaining: 0 } });
    expect(await meter.state()).toMatchObject({ usage: 10 });
  });

  it("an increment is rejected by a limit of 0 and by a limit below the usage [R36]", async () => {
    const meter = new TestMeter();
    expect(await meter.increment(1, { limit: 0 })).toMatchObject({ kind: "refused", answer: statusOf(0, 0) });
    await meter.increment(maxInteger);
    expect(await meter.increment(maxInteger, { limit: 1 })).toMatchObject({
      kind: "refused",
      answer: { usage: maxInteger, remaining: 0 },
    });
  });

  it("an increment is counted past a limit that is not enforced", async () => {
    const meter = new TestMeter();
    const allowed = { limit: 10, enforcement: "allow" } as const;
    expect(await meter.increment(25, allowed)).toEqual({ kind: "counted", answer: statusOf(25, 10) });
    expect(await meter.increment(1, allowed)).toEqual({ kind: "counted", answer: statusOf(26, 10) });
  });

  it("an increment can reach 2^53−1 and never exceeds it [R35]", async () => {
    const meter = new TestMeter();
    await meter.increment(maxInteger - 1);
    expect(await meter.increment(2)).toEqual({ kind: "too_large" });
    expect(await meter.increment(1)).toEqual({ kind: "counted", answer: statusOf(maxInteger) });
    expect(await meter.increment(1, { limit: 5, enforcement: "allow" })).toEqual({ kind: "too_large" });
    expect(await meter.sums("usage", { from: noon, to: noon + hour, aggregation: "day" })).toEqual([
      maxInteger,
    ]);
    expect(await meter.increment(1, {}, june)).toEqual({ kind: "counted", answer: statusOf(1) });
  });

  it("an increment starts from 0 in a new month, after any time without calls", async () => {
    const meter = new TestMeter();
    await meter.increment(5, {}, june - 1);
    expect(await meter.increment(1, { limit: 5 }, june - 1)).toMatchObject({
      kind: "refused",
      periodEnd: june,
    });
    expect(await meter.state(june)).toMatchObject({ usage: 0, period: june });
    expect(await meter.increment(5, { limit: 5 }, june)).toMatchObject({ answer: statusOf(5, 5) });
    const later = Date.UTC(2041, 1, 28);
    expect(await meter.increment(2, { limit: 5 }, later)).toMatchObject({ answer: statusOf(2, 5) });
  });

  it("an increment is counted at the latest known time if the clock has stepped back [R40]", async () => {
    const meter = new TestMeter();
    await meter.increment(5, {}, june - 1);
    await meter.increment(2, {}, june + 3 * hour);
    expect(await meter.increment(1, {}, june - 1)).toMatchObject({ answer: statusOf(3) });
    expect(await meter.state(june - 1)).toMatchObject({ usage: 3, period: june });
    expect(await meter.sums("usage", { from: june - hour, to: june + 4 * hour })).toEqual([5, 0, 0, 0, 3]);
  });

  it("an increment that is rejected starts the new month", async () => {
    const meter = new TestMeter();
    await meter.increment(5, {}, june - 1);
    await meter.increment(9, { limit: 8 }, june);
    expect(await meter.increment(1, {}, june - 1)).toMatchObject({ answer: statusOf(1) });
  });
});

describe("an idempotency key", () => {
  it("an idempotency key returns the first result and is counted once, whatever changes since", async () => {
    const meter = new TestMeter();
    const first = await meter.increment(5, { ...keyed("k"), limit: 10 });
    await meter.increment(2);
    expect(await meter.increment(5, { ...keyed("k"), limit: 6, overridden: true })).toEqual(first);
    expect(first).toEqual({ kind: "counted", answer: statusOf(5, 10) });
    expect(await meter.state()).toMatchObject({ usage: 7 });
  });

  it("an idempotency key is rejected with another request", async () => {
    const meter = new TestMeter();
    await meter.increment(5, keyed("k"));
    expect(await meter.increment(5, keyed("k", "other"))).toEqual({ kind: "idempotency_key_reused" });
    expect(await meter.increment(5, keyed("K", "other"))).toMatchObject({ answer: statusOf(10) });
  });

  it("an idempotency key is valid for exactly 24 hours, even into the next month", async () => {
    const meter = new TestMeter();
    const at = june - 1;
    await meter.increment(5, keyed("k"), at);
    await meter.increment(1, {}, june);
    expect(await meter.increment(5, keyed("k"), at + day - 1)).toMatchObject({ answer: statusOf(5) });
    expect(await meter.increment(5, keyed("k", "other"), at + day - 1)).toEqual({
      kind: "idempotency_key_reused",
    });
    expect(await meter.increment(5, keyed("k", "other"), at + day)).toMatchObject({ answer: statusOf(6) });
    expect(await meter.increment(5, keyed("k"), at + day)).toEqual({ kind: "idempotency_key_reused" });
  });

  it("an idempotency key of an increment that was not counted can be used again", async () => {
    const meter = new TestMeter();
    expect(await meter.increment(5, { ...keyed("k"), limit: 4 })).toMatchObject({ kind: "refused" });
    expect(await meter.increment(5, { ...keyed("k", "other"), limit: 5 })).toMatchObject({ kind: "counted" });
    await meter.increment(maxInteger - 5);
    expect(await meter.increment(5, keyed("l"))).toEqual({ kind: "too_large" });
    expect(await meter.count("answers")).toBe(1);
  });
});

describe("concurrent increments", () => {
  it("concurrent increments are each counted and return different sums [R31]", async () => {
    const meter = new TestMeter();
    const count = effort(200, 1_000);
    const results = await Promise.all(Array.from({ length: count }, () => meter.increment(3)));
    const usages = results.map((result) => (result.kind === "counted" ? result.answer.usage : result.kind));
    expect(new Set(usages)).toEqual(new Set(Array.from({ length: count }, (_, at) => (at + 1) * 3)));
    expect(await meter.state()).toMatchObject({ usage: 3 * count });
  });

  it("concurrent increments reach the limit exactly", async () => {
    const meter = new TestMeter();
    const count = effort(200, 500);
    const results = await Promise.all(
      Array.from({ length: count }, () => meter.increment(1, { limit: 123 })),
    );
    expect(results.filter(({ kind }) => kind === "counted")).toHaveLength(123);
    expect(results.filter(({ kind }) => kind === "refused")).toHaveLength(count - 123);
    expect(await meter.state()).toMatchObject({ usage: 123 });
  });

  it("concurrent increments with one key are counted once and return the same result", async () => {
    const meter = new TestMeter();
    const results = await Promise.all(Array.from({ length: 100 }, () => meter.increment(7, keyed("k"))));
    expect(new Set(results.map((result) => JSON.stringify(result)))).toEqual(
      new Set([JSON.stringify({ kind: "counted", answer: statusOf(7) })]),
    );
    expect(await meter.state()).toMatchObject({ usage: 7 });
  });
});

describe("the cost of an increment", () => {
  it("the cost of an increment is one row, two with a key, two more after the end of an hour, and none for a repeated key", async () => {
    const meter = new TestMeter();
    await meter.increment(1);
    const written = async (change: Parameters<TestMeter["increment"]>[1], now = noon) =>
      (await meter.cost(() => meter.increment(1, change, now))).written;
    expect(await written({})).toBe(1);
    expect(await written(keyed("k"))).toBe(2);
    expect(await written(keyed("k"))).toBe(0);
    expect(await written({}, noon + hour)).toBe(3);
    expect(await written(keyed("l"), noon + 2 * hour)).toBe(4);
    expect(await written({}, noon + 2 * hour)).toBe(1);
  });
});
