/**
 * Cloudflare's prices in dollars beyond the included amounts, as published in November 2026:
 * developers.cloudflare.com/workers/platform/pricing, and the pages of D1, Durable Objects, R2, Queues and Analytics
 * Engine. Without storage and the duration of objects ($12.50 per million GB-s), which depend on time and not on
 * requests. Egress is free.
 */
export const pricesAsOf = "2026-11";

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

/** Returns the price of a million times the given amounts, in dollars. */
export function dollarsPerMillion(used: Used): number {
  const items = Object.keys(perMillion) as (keyof typeof perMillion)[];
  const sum = items.reduce((dollars, item) => dollars + used[item] * perMillion[item], 0);
  return Math.round(sum * 1000) / 1000;
}
