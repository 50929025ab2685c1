import type { Usage } from "./limits.ts";
import { dailyOf, sumOver, type Assumptions, type Loads } from "./load.ts";
import { habits, rowsABurst } from "./mix.ts";
import { sumOverRanks, zipf } from "./zipf.ts";

const daysAMonth = 30;
/** What an object that is awake is billed for, whatever it holds: 128 MB. */
const objectGigabytes = 0.128;

/** The bytes of the database after some years. */
export function databaseBytes(accounts: number, { years }: Assumptions): number {
  return accounts * (habits.accountBytes + habits.historyBytesAYear * years);
}

/** What a month of such days takes of everything that is billed. */
export function usageOf(accounts: number, { day, daily }: Loads, given: Assumptions): Usage {
  const bursts = (dailyOf("incrementUsage") * accounts) / habits.incrementsABurst;
  const awake =
    daily.objectCalls * habits.objectMilliseconds +
    daily.mirrors * (habits.objectMilliseconds + habits.mirrorMilliseconds);
  const monthly = (dailyAmount: number) => dailyAmount * daysAMonth;
  return {
    "Workers, requests": monthly(daily.requests),
    "Workers, CPU milliseconds": monthly(daily.requests * habits.cpuMilliseconds),
    "D1, rows read": monthly(sumOver(day, ({ read }) => read)),
    "D1, rows written": monthly(sumOver(day, ({ written }) => written) + daily.mirrors + daily.signIns),
    "D1, gigabytes": databaseBytes(accounts, given) / 1e9,
    "objects, requests": monthly(daily.objectCalls + daily.mirrors),
    "objects, gigabyte-seconds": monthly((awake / 1_000) * objectGigabytes),
    // Awake it remembers its state: that row is read once, and what the hour before is added to.
    "objects, rows read": monthly(bursts * rowsABurst),
    "objects, rows written": monthly(sumOver(day, ({ object = 0 }) => object) + bursts * rowsABurst),
    "objects, gigabytes": objectBytes(accounts, given) / 1e9,
    "R2, class A": monthly(sumOver(day, ({ logo }) => (logo === "written" ? 1 : 0))),
    "R2, class B": monthly(sumOver(day, ({ logo }) => (logo === "read" ? habits.logoShare : 0))),
    "R2, gigabytes": (accounts * habits.logoShare * habits.logoBytes) / 1e9,
    // A message is written, read and deleted.
    "Queues, operations": monthly(daily.messages * 3),
    "Analytics Engine, points": monthly(daily.requests),
    "Workers Logs, events": monthly(daily.requests * habits.logEvents),
  };
}

/** What all usage objects hold; hours and ids of events are kept for 400 days. */
function objectBytes(accounts: number, { years }: Assumptions): number {
  const share = zipf(accounts, habits.zipf);
  const bursts = (dailyOf("incrementUsage") * accounts) / habits.incrementsABurst;
  const events = dailyOf("recordUsage") * accounts * habits.eventsARecording;
  const days = Math.min(365 * years, 400);
  return sumOverRanks(accounts, (rank) => {
    // Those that count often do so in every hour, the others in as many as they happen to.
    const hours = 24 * (1 - Math.exp((-bursts * share(rank)) / 24));
    const added = hours * habits.objectBytesAnHour + events * share(rank) * habits.objectBytesAnEvent;
    return habits.objectBytes + days * added;
  });
}
