/** The platform's limits and monthly prices, as published on this day. A gigabyte is 10^9 bytes. */
import { perMillion } from "../prices.ts";

export const asOf = "2026-11-22";

/** https://developers.cloudflare.com/d1/platform/limits/ and …/durable-objects/platform/limits/ */
export const limits = {
  databaseBytes: 10e9,
  /** For simple work; 200 to 500 with writes. */
  objectCallsPerSecond: 1_000,
  objectBytes: 10e9,
  queueMessagesPerSecond: 5_000,
} as const;

/** Base price of the paid plan, in dollars per month. */
export const basePrice = 5;

interface Price {
  /** Monthly amount included in the plan. */
  readonly included: number;
  /** Dollars for `each` more. */
  readonly dollars: number;
  readonly each: number;
}

const million = 1e6;

/** Included amount and price of each billed item. */
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
  /** Valid until 30 November 2026. Later prices were not known at the time of writing. */
  "Workers Logs, events": { included: 20 * million, dollars: 0.6, each: million },
} as const satisfies Record<string, Price>;

export type Item = keyof typeof prices;
/** Monthly amount of each item. */
export type Usage = Readonly<Record<Item, number>>;

/** Returns the monthly price of one item in dollars, for the amount above the included one. */
export function dollarsOf(item: Item, used: number): number {
  const { included, dollars, each } = prices[item];
  return (Math.max(0, used - included) * dollars) / each;
}

/** Returns the monthly price of all items in dollars, with the base price. */
export function monthlyDollars(usage: Usage): number {
  return Object.entries(usage).reduce((sum, [item, used]) => sum + dollarsOf(item as Item, used), basePrice);
}
