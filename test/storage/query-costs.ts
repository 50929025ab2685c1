/** How many rows questions read, held against how many they read when there was less. */
import { expect } from "vitest";

import type { CostMeter } from "../support/cost-meter.ts";
import type { ApiResponse, Caller } from "../support/fixtures.ts";

/** Rows read, by what was asked. */
export type RowsRead = Readonly<Record<string, number>>;

/** Asks in one round trip each, and notes what is read; `matches` is how many a list tells it has. */
export function measureRowsRead(counter: CostMeter) {
  const read: Record<string, number> = {};
  const cost = async (what: string, caller: Caller, path: string, matches?: number): Promise<ApiResponse> => {
    counter.read();
    const answer = await counter.meter(caller).get(path);
    expect([what, answer.status]).toEqual([what, 200]);
    if (matches !== undefined) expect([what, answer.body.count]).toEqual([what, matches]);
    const { roundTrips, rowsRead } = counter.read();
    expect([what, roundTrips]).toEqual([what, 1]);
    read[what] = rowsRead;
    return answer;
  };
  return { read, cost };
}

/** The questions that read more, or less, than they did, by more rows than may be. */
export function costDifferences(few: RowsRead, many: RowsRead, most: number): object[] {
  return Object.entries(many)
    .map(([what, read]) => ({ what, few: few[what] ?? 0, many: read }))
    .filter((one) => Math.abs(one.many - one.few) > most);
}
