import { databaseBytes, usageOf } from "./bill.ts";
import { dollarsOf, limits, monthlyDollars, prices, type Item, type Usage } from "./limits.ts";
import { assumptions, busiestShare, simulateDay, type Assumptions, type Load } from "./load.ts";
import { quantile, utilisation, type Queue } from "./queueing.ts";

export const resources = ["database time", "database size", "busiest object", "queue messages"] as const;
export type Resource = (typeof resources)[number];

export interface Outcome {
  readonly accounts: number;
  readonly requestsPerDay: number;
  /** Per second in the busiest minute. */
  readonly peak: Load;
  /** Utilisation of each limit in the busiest minute; 1 is the limit. */
  readonly used: Readonly<Record<Resource, number>>;
  /** Milliseconds of a query in the busiest minute, including the wait, without distance. Null if the database is saturated. */
  readonly queryTime: { readonly p50: number | null; readonly p99: number | null };
  readonly usage: Usage;
  /** Per month, in total and by item. */
  readonly dollars: number;
  readonly dollarsByItem: Readonly<Record<string, number>>;
}

/** Simulates a day with all accounts in one database, and compares it with the platform's limits. */
export function simulate(accounts: number, given: Assumptions = assumptions): Outcome {
  const loads = simulateDay(accounts, given);
  const { daily, peak } = loads;
  const queue = queueOf(peak, given);
  const usage = usageOf(accounts, loads, given);
  const items = Object.keys(prices) as Item[];
  return {
    accounts,
    requestsPerDay: daily.requests,
    peak,
    used: {
      "database time": utilisation(queue),
      "database size": databaseBytes(accounts, given) / limits.databaseBytes,
      "busiest object": (busiestShare(accounts) * peak.objectCalls) / limits.objectCallsPerSecond,
      "queue messages": peak.messages / limits.queueMessagesPerSecond,
    },
    queryTime: { p50: finite(quantile(queue, 0.5)), p99: finite(quantile(queue, 0.99)) },
    usage,
    dollars: monthlyDollars(usage),
    dollarsByItem: Object.fromEntries(items.map((item) => [item, dollarsOf(item, usage[item])])),
  };
}

/** Highest acceptable utilisation of a limit. Above it, queueing becomes noticeable. */
export const maxUtilisation = 0.8;

/** Returns the number of accounts at which a resource reaches the acceptable utilisation. */
export function capacityOf(resource: Resource, given: Assumptions = assumptions): number {
  let [low, high] = [1_000, 1e10];
  // Bisects the logarithm of a factor of 10^7: 24 steps are exact to a millionth.
  for (let step = 0; step < 24; step += 1) {
    const middle = Math.round(Math.sqrt(low * high));
    if (simulate(middle, given).used[resource] < maxUtilisation) low = middle;
    else high = middle;
  }
  return low;
}

/** Returns the resource with the highest utilisation. */
export function bottleneckOf({ used }: Outcome): Resource {
  return resources.reduce((first, other) => (used[other] > used[first] ? other : first));
}

/** Returns the number of databases needed for an acceptable utilisation, with accounts distributed evenly. */
export function databasesFor({ used }: Outcome): number {
  return Math.ceil(Math.max(used["database time"], used["database size"]) / maxUtilisation);
}

/** Returns a queue of reads and writes with their average service time. */
function queueOf({ reads, writes }: Load, given: Assumptions): Queue {
  const rate = reads + writes;
  const busy = reads * given.readMilliseconds + writes * given.writeMilliseconds;
  return { rate, service: busy / rate };
}

function finite(milliseconds: number): number | null {
  return Number.isFinite(milliseconds) ? milliseconds : null;
}
