/**
 * What Cloudflare asks for beyond what a plan includes, in dollars, as its pricing pages said in
 * November 2026: developers.cloudflare.com/workers/platform/pricing, and those of D1, Durable Objects, R2, Queues and
 * Analytics Engine. Storage is not here, and neither is the time that an object is awake ($12.50 a
 * million GB-s): both go with how long, not with how often. Bytes out cost nothing.
 */
export const pricesReadIn = "2026-11";

export const perMillion = {
  requests: 0.3,
  cpuMilliseconds: 0.02,
  rowsRead: 0.001,
  rowsWritten: 1,
  objectCalls: 0.15,
  objectRowsRead: 0.001,
  objectRowsWritten: 1,
  logosRead: 0.36,
  queueOperations: 0.4,
  dataPoints: 0.25,
} as const;

export type Used = Readonly<Record<keyof typeof perMillion, number>>;

/** Dollars for a million times as much as is used. */
export function dollarsPerMillion(used: Used): number {
  const things = Object.keys(perMillion) as (keyof typeof perMillion)[];
  const sum = things.reduce((dollars, thing) => dollars + used[thing] * perMillion[thing], 0);
  return Math.round(sum * 1000) / 1000;
}
