import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { firstAuditId, systemActor } from "../../../src/domain/audit.ts";

const moments = fc.integer({ min: 0, max: Date.UTC(2248, 0, 1) });

describe("the first id of a moment", () => {
  it("is a safe integer until the year 2248", () => {
    fc.assert(
      fc.property(moments, (moment) => {
        expect(Number.isSafeInteger(firstAuditId(moment))).toBe(true);
      }),
    );
    expect(Number.isSafeInteger(firstAuditId(Date.UTC(2248, 0, 1)))).toBe(true);
  });

  it("goes with time, with room for a thousand ids in each millisecond", () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 1e9 }), (moment, later) => {
        expect(firstAuditId(moment + later) - firstAuditId(moment)).toBeGreaterThanOrEqual(1_000 * later);
      }),
    );
  });

  it("keeps the ids of a day between its beginning and the next day's", () => {
    const [day, next] = [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1)];
    const last = firstAuditId(next - 1) + 1_000;
    expect(last).toBeGreaterThan(firstAuditId(day));
    expect(last).toBeLessThan(firstAuditId(next));
  });
});

it("what the service does by itself is the system's, which is nobody's uuid", () => {
  expect(systemActor).toEqual({ uuid: "system" });
});
