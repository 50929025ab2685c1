import { Random } from "../data/random.ts";
import { mix, type Operation } from "./mix.ts";
import { continents } from "./regions.ts";

export const minutesADay = 24 * 60;
/** How far a minute's activity strays from the day's curve, either way. */
const stray = 0.1;

/** How often each operation is asked in each minute of a day, UTC. */
export type Day = ReadonlyMap<Operation, readonly number[]>;

/** A day of so many accounts, the same for the same seed; each operation's minutes add up to what the mix says of a day. */
export function makeDay(accounts: number, seed: number, operations: readonly Operation[] = mix): Day {
  const random = new Random(seed);
  const curve = Array.from(
    { length: minutesADay },
    (_, minute) => activity(minute) * (1 + stray * (random.below(2_001) / 1_000 - 1)),
  );
  return new Map(
    operations.map((operation) => [operation, apportion(Math.round(operation.daily * accounts), curve)]),
  );
}

/** Shares a number out by weights, in whole numbers that add up to it. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((one, other) => one + other, 0);
  let [before, given] = [0, 0];
  return weights.map((weight) => {
    before += weight;
    const share = Math.round((total * before) / sum) - given;
    given += share;
    return share;
  });
}

/** How active all continents together are in a minute: each by its share, most at two in its afternoon, least at two in its night. */
function activity(minute: number): number {
  return continents.reduce((sum, { share, hours }) => {
    const local = minute / 60 + hours;
    return sum + share * (1 + 0.8 * Math.cos(((local - 14) / 24) * 2 * Math.PI));
  }, 0);
}

/** The minute in which most is asked. */
export function busiestMinute(day: Day): number {
  const sums = Array.from({ length: minutesADay }, (_, minute) =>
    [...day.values()].reduce((sum, minutes) => sum + (minutes[minute] ?? 0), 0),
  );
  return sums.indexOf(Math.max(...sums));
}
