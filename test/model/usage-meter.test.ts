/** Random sequences of calls: a usage meter must behave like its model. */
import { runDurableObjectAlarm } from "cloudflare:test";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { UsageEvent } from "../../src/domain/usage/events.ts";
import { metrics } from "../../src/domain/usage/usage.ts";
import { insertAccountOf, insertUser, queryRow } from "../support/database.ts";
import { day, hour, maxInteger, noon, TestMeter } from "../support/usage-meter.ts";
import { effort } from "../support/effort.ts";
import { monthStart, UsageModel, windowDays } from "./usage-meter-model.ts";

// Alarms use the machine's clock. With times in the future, they run only when the test runs them.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: noon }));
afterEach(() => void vi.useRealTimers());

type Step = fc.AsyncCommand<UsageModel, TestMeter>;

/** A step that does the same with model and meter and expects the same results. */
function step<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  both: (model: UsageModel, meter: TestMeter, input: Input) => Promise<void>,
): fc.Arbitrary<Step> {
  return inputs.map((input) => ({
    check: () => true,
    run: (model, meter) => both(model, meter, input),
    toString: () => `${name}(${JSON.stringify(input) ?? ""})`,
  }));
}

/** Events as a caller sends them. */
function shape<Fields>(fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> }): fc.Arbitrary<Fields> {
  return fc.record(fields, { noNullPrototype: true });
}

function agree(real: unknown, modelled: unknown): void {
  expect(real).toEqual(modelled);
}

const limit = fc.option(fc.oneof(fc.nat(30), fc.constantFrom(maxInteger, maxInteger - 1)), { nil: null });
const amount = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 12 }) },
  fc.integer({ min: maxInteger - 20, max: maxInteger }),
);
const key = shape({ value: fc.constantFrom("k", "l", "m"), requestHash: fc.constantFrom("one", "two") });
const box = fc.constantFrom(null, "x", "y", "z");
const event = shape({
  id: fc.nat(15).map((at) => `e${at}`),
  metric: fc.constantFrom("ai_tokens_used" as const, "pages_processed" as const),
  value: fc.oneof(
    { weight: 9, arbitrary: fc.nat(50) },
    fc.integer({ min: maxInteger - 20, max: maxInteger }),
  ),
  knowledgebox: box,
  /** Relative to now, including both limits of the accepted time window. */
  offset: fc.option(
    fc.oneof(
      fc.integer({ min: -3 * day, max: hour }),
      fc.constantFrom(hour, hour + 1, -windowDays * day, -windowDays * day - 1, -windowDays * day + 1),
    ),
    { nil: null },
  ),
});

const steps: fc.Arbitrary<Step>[] = [
  step(
    "increment",
    shape({
      amount,
      limit,
      overridden: fc.boolean(),
      enforcement: fc.constantFrom("refuse" as const, "refuse" as const, "allow" as const),
      key: fc.option(key, { nil: undefined }),
    }),
    async (model, meter, input) => {
      agree(await meter.increment(input.amount, input, model.now), model.increment(input));
    },
  ),
  step("record", fc.array(event, { maxLength: 8 }), async (model, meter, made) => {
    const events = made.map(({ offset, ...fields }): UsageEvent => {
      return { ...fields, timestamp: offset === null ? null : model.now + offset };
    });
    agree(await meter.record(events, model.now, windowDays), model.record(events));
  }),
  step("limitChanged", limit, async (model, meter, changed) => {
    await meter.stub.setLimit({ accountUuid: meter.uuid, limit: changed }, model.now);
    model.limitChanged(changed);
  }),
  step("wait", fc.constantFrom(1, hour, day - 1, day, 5 * day, 29 * day), async (model, _meter, time) => {
    model.now += time;
  }),
  step("waitForMonth", fc.constantFrom(-1, 0), async (model, _meter, time) => {
    model.now = monthStart(model.now, 1) + time;
  }),
  step("stepBack", fc.constantFrom(1, hour, 2 * day), async (model, _meter, time) => {
    model.now -= time;
  }),
  step("evict", fc.constant(null), async (_model, meter) => {
    // Only a running object can be evicted.
    await meter.state();
    await meter.evict();
  }),
  step("ring", fc.constant(null), async (model, meter) => {
    // At a later time, the alarm would delete events that still count at the calls' time.
    vi.setSystemTime(model.clock === -Infinity ? noon : model.clock);
    await runDurableObjectAlarm(meter.stub);
    const stored = await queryRow(
      "SELECT usage, usage_period, current_kbs, quota_until FROM accounts WHERE uuid = ?",
      meter.uuid,
    );
    const emptySnapshot = { usage: 0, usage_period: null, current_kbs: 0, quota_until: null };
    agree(stored, model.mirrored() ?? emptySnapshot);
  }),
  step("state", fc.constant(null), async (model, meter) => {
    agree(await meter.state(model.now), model.state());
  }),
  step(
    "read",
    shape({
      offset: fc.integer({ min: -40 * day, max: hour }),
      length: fc.integer({ min: 0, max: 40 * day }),
      aggregation: fc.constantFrom("hour" as const, "day" as const, "millennium" as const),
      knowledgebox: box,
    }),
    async (model, meter, { offset, length, aggregation, knowledgebox }) => {
      const from = model.now + offset;
      const to = from + length;
      const reading = await meter.read({ from, to, aggregation, knowledgebox }, model.now);
      const expected = metrics.map((name) => model.sums(name, from, to, aggregation, knowledgebox));
      if (expected.includes(undefined)) {
        agree(reading, { kind: "too_large" });
        return;
      }
      const points = reading.kind === "points" ? reading.points : [];
      const read = metrics.map((_, place) => points.map((point) => point.sums[place]));
      agree({ kind: reading.kind, read }, { kind: "points", read: expected });
    },
  ),
];

it("a usage meter behaves like its model [R36]", async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: "max" }), async (commands) => {
      const { uuid } = await insertAccountOf(await insertUser());
      await fc.asyncModelRun(() => ({ model: new UsageModel(noon), real: new TestMeter(uuid) }), commands);
    }),
    { numRuns: effort(15, 60) },
  );
}, 120_000);
