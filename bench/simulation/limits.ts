/** The platform's limits and a month's prices, as its pages told them on this day. A gigabyte is 10^9 bytes. */
import { perMillion } from "../prices.ts";

export const asOf = "2026-11-22";

/** https://developers.cloudflare.com/d1/platform/limits/ and …/durable-objects/platform/limits/ */
export const limits = {
  databaseBytes: 10e9,
  /** One thread runs a database's statements, one at a time: a second holds a thousand milliseconds of them. */
  databaseMillisecondsASecond: 1_000,
  /** Told of an object that does little; of one that stores, 200 to 500. */
  objectCallsASecond: 1_000,
  objectBytes: 10e9,
  queueMessagesASecond: 5_000,
} as const;

/** What the paid plan costs before anything is used, in dollars a month. */
export const basePrice = 5;

interface Price {
  /** How many are included in the plan each month. */
  readonly included: number;
  /** Dollars for so many more. */
  readonly dollars: number;
  readonly each: number;
}

const million = 1e6;

/** What the plan includes of each, and what more costs. */
export const prices = {
  "Workers, requests": { included: 10 * million, dollars: perMillion.requests, each: million },
  "Workers, CPU milliseconds": { included: 30 * million, dollars: perMillion.cpuMilliseconds, each: million },
  "D1, rows read": { included: 25_000 * million, dollars: perMillion.rowsRead, each: million },
  "D1, rows written": { included: 50 * million, dollars: perMillion.rowsWritten, each: million },
  "D1, gigabytes": { included: 5, dollars: 0.75, each: 1 },
  "objects, requests": { included: million, dollars: perMillion.objectCalls, each: million },
  "objects, gigabyte-seconds": { included: 400_000, dollars: 12.5, each: million },
  "objects, rows read": { included: 25_000 * million, dollars: perMillion.objectRowsRead, each: million },
  "objects, rows written": { included: 50 * million, dollars: perMillion.objectRowsWritten, each: million },
  "objects, gigabytes": { included: 5, dollars: 0.2, each: 1 },
  "R2, class A": { included: million, dollars: 4.5, each: million },
  "R2, class B": { included: 10 * million, dollars: perMillion.logosRead, each: million },
  "R2, gigabytes": { included: 10, dollars: 0.015, each: 1 },
  "Queues, operations": { included: million, dollars: perMillion.queueOperations, each: million },
  "Analytics Engine, points": { included: 10 * million, dollars: perMillion.dataPoints, each: million },
  /** Until 30 November 2026; then Cloudflare Observability's prices hold, which were not known when this was written. */
  "Workers Logs, events": { included: 20 * million, dollars: 0.6, each: million },
} as const satisfies Record<string, Price>;

export type Item = keyof typeof prices;
/** How much of each item a month takes. */
export type Usage = Readonly<Record<Item, number>>;

/** Dollars a month for one item: what is past the included amount. */
export function dollarsOf(item: Item, used: number): number {
  const { included, dollars, each } = prices[item];
  return (Math.max(0, used - included) * dollars) / each;
}

/** Dollars a month for all of it, the plan included. */
export function monthlyDollars(usage: Usage): number {
  return Object.entries(usage).reduce((sum, [item, used]) => sum + dollarsOf(item as Item, used), basePrice);
}
