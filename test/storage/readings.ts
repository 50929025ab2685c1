/** How many rows questions read, held against how many they read when there was less. */
import { expect } from "vitest";

import type { Counter } from "../counting.ts";
import type { Answer, Caller } from "../world.ts";

/** Rows read, by what was asked. */
export type Readings = Readonly<Record<string, number>>;

/** Asks in one round trip each, and notes what is read; `matches` is how many a list tells it has. */
export function takeReadings(counter: Counter) {
  const read: Record<string, number> = {};
  const cost = async (what: string, caller: Caller, path: string, matches?: number): Promise<Answer> => {
    counter.read();
    const answer = await counter.watch(caller).get(path);
    expect([what, answer.status]).toEqual([what, 200]);
    if (matches !== undefined) expect([what, answer.body.count]).toEqual([what, matches]);
    const { trips, rowsRead } = counter.read();
    expect([what, trips]).toEqual([what, 1]);
    read[what] = rowsRead;
    return answer;
  };
  return { read, cost };
}

/** The questions that read more, or less, than they did, by more rows than may be. */
export function changed(few: Readings, many: Readings, most: number): object[] {
  return Object.entries(many)
    .map(([what, read]) => ({ what, few: few[what] ?? 0, many: read }))
    .filter((one) => Math.abs(one.many - one.few) > most);
}
