import { Random } from "../data/random.ts";
import { mix, type Operation } from "./mix.ts";
import { continents } from "./regions.ts";

export const minutesPerDay = 24 * 60;
/** Largest random deviation of a minute from the day's curve, in both directions. */
const jitter = 0.1;

/** Requests of each operation in each minute of a day, UTC. */
export type Day = ReadonlyMap<Operation, readonly number[]>;

/** Returns the requests of a day. Each operation's minutes add up to its daily number. The same seed gives the same day. */
export function makeDay(accounts: number, seed: number, operations: readonly Operation[] = mix): Day {
  const random = new Random(seed);
  const curve = Array.from(
    { length: minutesPerDay },
    (_, minute) => activity(minute) * (1 + jitter * (random.below(2_001) / 1_000 - 1)),
  );
  return new Map(
    operations.map((operation) => [operation, apportion(Math.round(operation.daily * accounts), curve)]),
  );
}

/** Divides a number in proportion to weights, into whole numbers that add up to it. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((one, other) => one + other, 0);
  let [cumulative, assigned] = [0, 0];
  return weights.map((weight) => {
    cumulative += weight;
    const share = Math.round((total * cumulative) / sum) - assigned;
    assigned += share;
    return share;
  });
}

/** Returns the relative activity of all continents in a minute: each peaks at 14:00 and is lowest at 2:00 local time. */
function activity(minute: number): number {
  return continents.reduce((sum, { share, hours }) => {
    const local = minute / 60 + hours;
    return sum + share * (1 + 0.8 * Math.cos(((local - 14) / 24) * 2 * Math.PI));
  }, 0);
}

/** Returns the minute with the most requests. */
export function busiestMinute(day: Day): number {
  const sums = Array.from({ length: minutesPerDay }, (_, minute) =>
    [...day.values()].reduce((sum, minutes) => sum + (minutes[minute] ?? 0), 0),
  );
  return sums.indexOf(Math.max(...sums));
}
