import { busiestMinute, makeDay, type Day } from "./day.ts";
import { habits, mix, type Operation } from "./mix.ts";
import { sumOverRanks, zipf } from "./zipf.ts";

const secondsADay = 86_400;

/** What the model leaves open. */
export interface Assumptions {
  readonly seed: number;
  /** Milliseconds the database is busy with a trip that reads and with one that writes. */
  readonly readMilliseconds: number;
  readonly writeMilliseconds: number;
  /** Whether READ_REPLICAS is on. */
  readonly replicas: boolean;
  /** Seconds after which a usage object tells the database what it counted. */
  readonly mirrorSeconds: number;
  /** How many years of history there are. */
  readonly years: number;
}

export const assumptions: Assumptions = {
  seed: 1,
  readMilliseconds: 1,
  writeMilliseconds: 3,
  replicas: false,
  mirrorSeconds: 30,
  years: 1,
};

/** What accounts ask in a day, or in a second of its busiest minute. */
export interface Load {
  readonly requests: number;
  /** Trips to the database that read and that write, those included that no request makes. */
  readonly reads: number;
  readonly writes: number;
  /** How often usage objects tell the database what they counted, and how often sign-ins are written down. */
  readonly mirrors: number;
  readonly signIns: number;
  readonly objectCalls: number;
  readonly messages: number;
}

export interface Loads {
  readonly day: Day;
  readonly daily: Load;
  readonly peak: Load;
}

/** Plays a day of so many accounts. */
export function loadsOf(accounts: number, given: Assumptions): Loads {
  const day = makeDay(accounts, given.seed);
  const minute = busiestMinute(day);
  const daily = loadOf((weigh) => sumOver(day, weigh), secondsADay, accounts, given);
  const peak = loadOf((weigh) => sumOver(day, weigh, minute) / 60, 1, accounts, given);
  // They follow everybody's activity, which the mix knows nothing of.
  const rush = (peak.requests * secondsADay) / daily.requests;
  const signIns = (daily.signIns * rush) / secondsADay;
  return { day, daily, peak: { ...peak, signIns, writes: peak.writes - peak.signIns + signIns } };
}

/** The sum of what is weighed over every request of a day, or of one of its minutes. */
export function sumOver(day: Day, weigh: (operation: Operation) => number, minute?: number): number {
  let sum = 0;
  for (const [operation, minutes] of day) {
    const asked = minute === undefined ? minutes.reduce((one, other) => one + other, 0) : minutes[minute];
    sum += (asked ?? 0) * weigh(operation);
  }
  return sum;
}

/** The part of all increments and calls that falls to the most active account. */
export function hottestShare(accounts: number): number {
  return zipf(accounts, habits.zipf)(1);
}

/** How often a day an average account does something. */
export function dailyOf(id: string): number {
  return mix.find((operation) => operation.id === id)?.daily ?? 0;
}

function loadOf(
  sum: (weigh: (operation: Operation) => number) => number,
  seconds: number,
  accounts: number,
  given: Assumptions,
): Load {
  const increments = sum(({ id }) => (id === "incrementUsage" ? 1 : 0)) / seconds;
  const mirrors = mirrorsASecond(accounts, increments, given) * seconds;
  const signIns = (habits.signInsDaily * accounts * seconds) / secondsADay;
  const atPrimary = ({ replica }: Operation) => !(given.replicas && replica === true);
  return {
    requests: sum(() => 1),
    reads: sum((operation) => (atPrimary(operation) ? 1 : 0)),
    writes: sum(({ trips }) => trips - 1) + mirrors + signIns,
    mirrors,
    signIns,
    objectCalls: sum(({ object }) => (object === undefined ? 0 : 1)),
    messages: sum(({ messages = 0 }) => messages),
  };
}

/**
 * How often a second usage objects tell the database what they counted: an object does so once it has
 * waited after the first of its increments, so one with many does so far less often than it counts.
 */
function mirrorsASecond(accounts: number, increments: number, { mirrorSeconds }: Assumptions): number {
  const share = zipf(accounts, habits.zipf);
  const bursts = increments / habits.incrementsABurst;
  return sumOverRanks(accounts, (rank) => 1 / (mirrorSeconds + 1 / (bursts * share(rank))));
}
