import type { Operation, Targets } from "./operation.ts";

const day = 24 * 60 * 60 * 1000;
const owner = { caller: "owner" } as const;

/** Returns a range of whole days that ends today. */
function range(days: number): { from: number; to: number } {
  const to = Math.floor(Date.now() / day) * day;
  return { from: to - days * day, to };
}
const month = range(30);
const tenYears = range(3_652);

/** Returns past events of the queried account: for each hour of a month and each day of ten years. */
export function pastEvents(): { id: string; metric: string; value: number; timestamp: string }[] {
  const timestamps = [...steps(tenYears, day), ...steps(month, day / 24)];
  return timestamps.map((at, index) => ({
    id: `past-${index}`,
    metric: index % 2 === 0 ? "pages_processed" : "searches_performed",
    value: 1 + (index % 100),
    timestamp: new Date(at).toISOString(),
  }));
}

/** Returns the operations that call a usage object. */
export function usageOperations({ next, counted, home }: Targets): Operation[] {
  const increment = { ...owner, method: "POST", body: () => '{"usage": 1}', bare: "increment" } as const;
  const incrementPath = (index: number) => `/accounts/organizations/${counted[index]}/increment/`;
  // The account's row. The rows of the hour and the day are written once per hour.
  const billed = { objectRowsWritten: 1 };
  return [
    { ...increment, name: "increment, one account", path: incrementPath(0), billed },
    {
      ...increment,
      name: `increment, ${counted.length} accounts`,
      path: () => incrementPath(next() % counted.length),
      billed,
    },
    {
      ...owner,
      name: "record 1,000 events",
      method: "POST",
      path: () => `/api/v1/account/${counted[next() % counted.length]}/usage`,
      body: eventsBody(next),
      slow: true,
      bare: "increment",
      // Each event; hour and day of its knowledge box and of all boxes; the account's row.
      billed: { objectRowsWritten: 1_005 },
    },
    {
      ...usageQuery(home, month, "hour"),
      name: "usage by hour, a month",
      slow: true,
      billed: { objectRowsRead: 720 },
    },
    {
      ...usageQuery(home, tenYears, "millennium"),
      name: "usage by millennium, ten years",
      billed: { objectRowsRead: 3_652 },
    },
  ];
}

function usageQuery(account: string, { from, to }: { from: number; to: number }, aggregation: string) {
  const [start, end] = [from, to].map((timestamp) => new Date(timestamp).toISOString());
  const path = `/api/v1/account/${account}/usage?from=${start}&to=${end}&aggregation=${aggregation}`;
  return { ...owner, method: "GET", path, bare: "readUsage" } as const;
}

/** Returns bodies that differ only in the events' ids. They are created from one text, so that the sender stays fast. */
function eventsBody(next: () => number): () => string {
  const events = Array.from({ length: 1_000 }, (_, index) => ({
    id: `#-${index}`,
    metric: index % 2 === 0 ? "pages_processed" : "searches_performed",
    value: 1 + (index % 100),
    knowledgebox: "00000000-0000-4000-8000-000000000001",
  }));
  const text = JSON.stringify({ events });
  return () => text.replaceAll("#", `${next()}`);
}

function* steps({ from, to }: { from: number; to: number }, step: number): Generator<number> {
  for (let at = from; at < to; at += step) yield at;
}
