import type { Usage } from "./limits.ts";
import { dailyRequests, sumOver, type Assumptions, type Loads } from "./load.ts";
import { profile, rowsPerBurst } from "./mix.ts";
import { sumOverRanks, zipf } from "./zipf.ts";

const daysPerMonth = 30;
/** Memory that is billed for an object while it is in memory: 128 MB. */
const objectGigabytes = 0.128;

/** Returns the size of the database in bytes. */
export function databaseBytes(accounts: number, { years }: Assumptions): number {
  return accounts * (profile.accountBytes + profile.historyBytesPerYear * years);
}

/** Returns the billed amounts of a month. */
export function usageOf(accounts: number, { day, daily }: Loads, given: Assumptions): Usage {
  const bursts = (dailyRequests("incrementUsage") * accounts) / profile.incrementsPerBurst;
  const objectMilliseconds =
    daily.objectCalls * profile.objectMilliseconds +
    daily.syncs * (profile.objectMilliseconds + profile.syncMilliseconds);
  const monthly = (dailyAmount: number) => dailyAmount * daysPerMonth;
  return {
    "Workers, requests": monthly(daily.requests),
    "Workers, CPU milliseconds": monthly(daily.requests * profile.cpuMilliseconds),
    "D1, rows read": monthly(sumOver(day, ({ read }) => read)),
    "D1, rows written": monthly(sumOver(day, ({ written }) => written) + daily.syncs + daily.signIns),
    "D1, gigabytes": databaseBytes(accounts, given) / 1e9,
    "objects, requests": monthly(daily.objectCalls + daily.syncs),
    "objects, gigabyte-seconds": monthly((objectMilliseconds / 1_000) * objectGigabytes),
    // An object in memory caches its state. It reads that row once per burst, and the rows of the previous hour.
    "objects, rows read": monthly(bursts * rowsPerBurst),
    "objects, rows written": monthly(sumOver(day, ({ object = 0 }) => object) + bursts * rowsPerBurst),
    "objects, gigabytes": objectBytes(accounts, given) / 1e9,
    "R2, class A": monthly(sumOver(day, ({ logo }) => (logo === "written" ? 1 : 0))),
    "R2, class B": monthly(sumOver(day, ({ logo }) => (logo === "read" ? profile.logoShare : 0))),
    "R2, gigabytes": (accounts * profile.logoShare * profile.logoBytes) / 1e9,
    // A message is written, read and deleted.
    "Queues, operations": monthly(daily.messages * 3),
    "Analytics Engine, points": monthly(daily.requests),
    "Workers Logs, events": monthly(daily.requests * profile.logEvents),
  };
}

/** Returns the size of all usage objects in bytes. Hours and event ids are stored for 400 days. */
function objectBytes(accounts: number, { years }: Assumptions): number {
  const share = zipf(accounts, profile.zipf);
  const bursts = (dailyRequests("incrementUsage") * accounts) / profile.incrementsPerBurst;
  const events = dailyRequests("recordUsage") * accounts * profile.eventsPerRecording;
  const days = Math.min(365 * years, 400);
  return sumOverRanks(accounts, (rank) => {
    // Expected number of hours with at least one burst: all 24 for busy accounts, fewer for others.
    const hours = 24 * (1 - Math.exp((-bursts * share(rank)) / 24));
    const perDay = hours * profile.objectBytesPerHour + events * share(rank) * profile.objectBytesPerEvent;
    return profile.objectBytes + days * perDay;
  });
}
