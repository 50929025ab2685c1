import { databaseBytes, usageOf } from "./bill.ts";
import { dollarsOf, limits, monthlyDollars, prices, type Item, type Usage } from "./limits.ts";
import { assumptions, hottestShare, loadsOf, type Assumptions, type Load } from "./load.ts";
import { quantile, utilisation, type Queue } from "./queueing.ts";

export const resources = [
  "database's time",
  "database's bytes",
  "hottest object's calls",
  "queue's messages",
] as const;
export type Resource = (typeof resources)[number];

export interface Outcome {
  readonly accounts: number;
  readonly requestsADay: number;
  /** A second in the busiest minute. */
  readonly peak: Load;
  /** How much of each limit is used, 1 being all; of what changes over the day, in its busiest minute. */
  readonly used: Readonly<Record<Resource, number>>;
  /** Milliseconds a trip takes at the database in the busiest minute, waiting included and the way not; null where it never ends. */
  readonly trip: { readonly p50: number | null; readonly p99: number | null };
  readonly usage: Usage;
  /** A month's, in all and by item. */
  readonly dollars: number;
  readonly dollarsByItem: Readonly<Record<string, number>>;
}

/** Plays a day of so many accounts, all in one database, through the limits of the platform. */
export function simulate(accounts: number, given: Assumptions = assumptions): Outcome {
  const loads = loadsOf(accounts, given);
  const { daily, peak } = loads;
  const queue = queueOf(peak, given);
  const usage = usageOf(accounts, loads, given);
  const items = Object.keys(prices) as Item[];
  return {
    accounts,
    requestsADay: daily.requests,
    peak,
    used: {
      "database's time": utilisation(queue),
      "database's bytes": databaseBytes(accounts, given) / limits.databaseBytes,
      "hottest object's calls": (hottestShare(accounts) * peak.objectCalls) / limits.objectCallsASecond,
      "queue's messages": peak.messages / limits.queueMessagesASecond,
    },
    trip: { p50: finite(quantile(queue, 0.5)), p99: finite(quantile(queue, 0.99)) },
    usage,
    dollars: monthlyDollars(usage),
    dollarsByItem: Object.fromEntries(items.map((item) => [item, dollarsOf(item, usage[item])])),
  };
}

/** How much of a limit a service is run at: past it, what queues is felt. */
export const comfortable = 0.8;

/** The number of accounts at which a resource is used as far as is comfortable. */
export function endOf(resource: Resource, given: Assumptions = assumptions): number {
  let [least, greatest] = [1_000, 1e10];
  // A factor of 10^7, halved 24 times in its logarithm: to within a millionth.
  for (let step = 0; step < 24; step += 1) {
    const middle = Math.round(Math.sqrt(least * greatest));
    if (simulate(middle, given).used[resource] < comfortable) least = middle;
    else greatest = middle;
  }
  return least;
}

/** The resource of which most is used. */
export function firstToEnd({ used }: Outcome): Resource {
  return resources.reduce((first, other) => (used[other] > used[first] ? other : first));
}

/** How many databases such a load takes when each is used as far as is comfortable, the accounts shared out evenly. */
export function databasesFor({ used }: Outcome): number {
  return Math.ceil(Math.max(used["database's time"], used["database's bytes"]) / comfortable);
}

/** Reads and writes as one stream in which each takes what they take on average. */
function queueOf({ reads, writes }: Load, given: Assumptions): Queue {
  const rate = reads + writes;
  const busy = reads * given.readMilliseconds + writes * given.writeMilliseconds;
  return { rate, service: busy / rate };
}

function finite(milliseconds: number): number | null {
  return Number.isFinite(milliseconds) ? milliseconds : null;
}
