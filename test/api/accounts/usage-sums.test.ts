import * as fc from "fast-check";
import { expect, it } from "vitest";

import { aggregations } from "../../../src/domain/usage/buckets.ts";
import {
  day,
  event,
  hour,
  incrementPath,
  metricNames,
  noon,
  type point,
  readUsage,
  recordEvents,
  setUp,
  stopClock,
} from "../../support/usage.ts";

stopClock();

type Points = ReturnType<typeof point>[];
const iso = (time: number) => new Date(time).toISOString();
const boxes = [null, "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22", "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f23"];

const events = fc.array(
  fc.record({
    metric: fc.constantFrom(...metricNames.slice(0, -1)),
    value: fc.integer({ min: 0, max: 1_000_000 }),
    // A little more than three months.
    timestamp: fc.integer({ min: noon - 100 * day, max: noon }).map(iso),
    knowledgebox: fc.constantFrom(...boxes),
  }),
  { minLength: 1, maxLength: 60 },
);
const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 100 * 24 }), fc.integer({ min: 0, max: 3 * 24 }), fc.boolean())
    .map(([ago, more, ragged]) => {
      const from = noon - ago * hour + (ragged ? 1_234 : 0);
      return { from, to: Math.min(noon + 2 * hour, from + more * 37 * hour) };
    }),
  { minLength: 3, maxLength: 3 },
);

it("the sums of a range agree with each other and with what was recorded in its hours [R38]", async () => {
  await fc.assert(
    fc.asyncProperty(events, ranges, async (fixture, asked) => {
      const { owner, account } = await setUp();
      const reported = fixture.map((fields) => event(fields));
      await recordEvents(owner, account, ...reported);
      await owner.post(incrementPath(account), { usage: 9 });
      for (const { from, to } of asked) {
        for (const knowledgebox of [undefined, boxes[1]]) {
          const range = { from: iso(from), to: iso(to), ...(knowledgebox == null ? {} : { knowledgebox }) };
          const first = Math.floor(from / hour) * hour;
          const last = from === to ? first : Math.ceil(to / hour) * hour;
          const inside = (at: number) => at >= first && at < last;
          const expected = metricNames.map((name) =>
            name === "usage"
              ? knowledgebox === undefined && inside(noon)
                ? 9
                : 0
              : reported
                  .filter(({ metric, timestamp }) => metric === name && inside(Date.parse(String(timestamp))))
                  .filter((one) => knowledgebox === undefined || one.knowledgebox === knowledgebox)
                  .reduce((sum, { value }) => sum + Number(value), 0),
          );
          for (const aggregation of aggregations) {
            const { status, body } = await readUsage(owner, account, { ...range, aggregation });
            expect([aggregation, status]).toEqual([aggregation, 200]);
            const summed = metricNames.map((name, place) =>
              (body as Points).reduce((sum, { metrics }) => {
                expect(metrics[place]?.name).toBe(name);
                return sum + (metrics[place]?.value ?? 0);
              }, 0),
            );
            expect([aggregation, range, summed]).toEqual([aggregation, range, expected]);
          }
        }
      }
    }),
    { numRuns: 4 },
  );
}, 90_000);
