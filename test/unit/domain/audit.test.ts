import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { firstAuditId, systemActor } from "../../../src/domain/audit.ts";

const moments = fc.integer({ min: 0, max: Date.UTC(2248, 0, 1) });

describe("the first audit id of a timestamp", () => {
  it("the first audit id of a timestamp is a safe integer until the year 2248", () => {
    fc.assert(
      fc.property(moments, (moment) => {
        expect(Number.isSafeInteger(firstAuditId(moment))).toBe(true);
      }),
    );
    expect(Number.isSafeInteger(firstAuditId(Date.UTC(2248, 0, 1)))).toBe(true);
  });

  it("the first audit id of a timestamp grows with time and leaves room for a thousand ids per millisecond", () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 1e9 }), (moment, later) => {
        expect(firstAuditId(moment + later) - firstAuditId(moment)).toBeGreaterThanOrEqual(1_000 * later);
      }),
    );
  });

  it("the first audit id of a timestamp separates the ids of a day from those of the next", () => {
    const [day, next] = [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1)];
    const last = firstAuditId(next - 1) + 1_000;
    expect(last).toBeGreaterThan(firstAuditId(day));
    expect(last).toBeLessThan(firstAuditId(next));
  });
});

it("the actor of automatic changes is the system, which is not a UUID", () => {
  expect(systemActor).toEqual({ uuid: "system" });
});
