/** Compares the rows read by requests with few and with many rows stored. */
import { expect } from "vitest";

import type { CostMeter } from "../support/cost-meter.ts";
import type { ApiResponse, Caller } from "../support/fixtures.ts";

/** Rows read by request. */
export type RowsRead = Readonly<Record<string, number>>;

/** Returns a function that sends a request and records the rows it reads. `matches` is the expected count of a list. */
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

/** Returns the requests whose rows read differ by more than `most`. */
export function costDifferences(few: RowsRead, many: RowsRead, most: number): object[] {
  return Object.entries(many)
    .map(([what, read]) => ({ what, few: few[what] ?? 0, many: read }))
    .filter((one) => Math.abs(one.many - one.few) > most);
}
