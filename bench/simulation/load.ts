import { busiestMinute, makeDay, type Day } from "./day.ts";
import { mix, profile, type Operation } from "./mix.ts";
import { sumOverRanks, zipf } from "./zipf.ts";

const secondsPerDay = 86_400;

/** The parameters of the model. */
export interface Assumptions {
  readonly seed: number;
  /** Milliseconds for which a reading or writing round trip occupies the database. */
  readonly readMilliseconds: number;
  readonly writeMilliseconds: number;
  /** Whether READ_REPLICAS is on. */
  readonly replicas: boolean;
  /** Seconds until a usage object writes its totals to the database. */
  readonly syncSeconds: number;
  /** Years of stored history. */
  readonly years: number;
}

export const assumptions: Assumptions = {
  seed: 1,
  readMilliseconds: 1,
  writeMilliseconds: 3,
  replicas: false,
  syncSeconds: 30,
  years: 1,
};

/** The load of a day, or of a second in its busiest minute. */
export interface Load {
  readonly requests: number;
  /** Reading and writing round trips to the database, including those outside requests. */
  readonly reads: number;
  readonly writes: number;
  /** Writes of usage objects to the database. */
  readonly syncs: number;
  /** Updates of `last_login`. */
  readonly signIns: number;
  readonly objectCalls: number;
  readonly messages: number;
}

export interface Loads {
  readonly day: Day;
  readonly daily: Load;
  readonly peak: Load;
}

/** Simulates a day and returns its load. */
export function simulateDay(accounts: number, given: Assumptions): Loads {
  const day = makeDay(accounts, given.seed);
  const minute = busiestMinute(day);
  const daily = loadOf((weigh) => sumOver(day, weigh), secondsPerDay, accounts, given);
  const peak = loadOf((weigh) => sumOver(day, weigh, minute) / 60, 1, accounts, given);
  // Sign-ins are no operation of the mix. They follow the total activity.
  const peakFactor = (peak.requests * secondsPerDay) / daily.requests;
  const signIns = (daily.signIns * peakFactor) / secondsPerDay;
  return { day, daily, peak: { ...peak, signIns, writes: peak.writes - peak.signIns + signIns } };
}

/** Returns the sum of `weigh` over every request of a day, or of one of its minutes. */
export function sumOver(day: Day, weigh: (operation: Operation) => number, minute?: number): number {
  let sum = 0;
  for (const [operation, minutes] of day) {
    const requests = minute === undefined ? minutes.reduce((one, other) => one + other, 0) : minutes[minute];
    sum += (requests ?? 0) * weigh(operation);
  }
  return sum;
}

/** Returns the share of all activity that belongs to the most active account. */
export function busiestShare(accounts: number): number {
  return zipf(accounts, profile.zipf)(1);
}

/** Returns how often an average account calls an operation in a day. */
export function dailyRequests(id: string): number {
  return mix.find((operation) => operation.id === id)?.daily ?? 0;
}

function loadOf(
  sum: (weigh: (operation: Operation) => number) => number,
  seconds: number,
  accounts: number,
  given: Assumptions,
): Load {
  const increments = sum(({ id }) => (id === "incrementUsage" ? 1 : 0)) / seconds;
  const syncs = syncsPerSecond(accounts, increments, given) * seconds;
  const signIns = (profile.dailySignIns * accounts * seconds) / secondsPerDay;
  const atPrimary = ({ replica }: Operation) => !(given.replicas && replica === true);
  return {
    requests: sum(() => 1),
    reads: sum((operation) => (atPrimary(operation) ? 1 : 0)),
    writes: sum(({ roundTrips }) => roundTrips - 1) + syncs + signIns,
    syncs,
    signIns,
    objectCalls: sum(({ object }) => (object === undefined ? 0 : 1)),
    messages: sum(({ messages = 0 }) => messages),
  };
}

/** An object syncs once after a delay that starts with an increment, so a busy object syncs far less often than it counts. */
function syncsPerSecond(accounts: number, increments: number, { syncSeconds }: Assumptions): number {
  const share = zipf(accounts, profile.zipf);
  const bursts = increments / profile.incrementsPerBurst;
  return sumOverRanks(accounts, (rank) => 1 / (syncSeconds + 1 / (bursts * share(rank))));
}
