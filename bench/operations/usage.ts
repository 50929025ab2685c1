import type { Operation, Targets } from "./operation.ts";

const day = 24 * 60 * 60 * 1000;
const owner = { caller: "owner" } as const;

/** Whole days until today, as many as are asked for. */
function range(days: number): { from: number; to: number } {
  const to = Math.floor(Date.now() / day) * day;
  return { from: to - days * day, to };
}
const month = range(30);
const tenYears = range(3_652);

/** What was recorded of the account that is asked for: each hour of a month, each day of ten years. */
export function pastEvents(): { id: string; metric: string; value: number; timestamp: string }[] {
  const moments = [...steps(tenYears, day), ...steps(month, day / 24)];
  return moments.map((at, place) => ({
    id: `past-${place}`,
    metric: place % 2 === 0 ? "pages_processed" : "searches_performed",
    value: 1 + (place % 100),
    timestamp: new Date(at).toISOString(),
  }));
}

/** The operations that an account's usage object answers. */
export function usageOperations({ next, counted, home }: Targets): Operation[] {
  const increment = { ...owner, method: "POST", body: () => '{"usage": 1}', bare: "increment" } as const;
  const incrementOf = (place: number) => `/accounts/organizations/${counted[place]}/increment/`;
  // Its own row; the hour's and the day's come with the hour.
  const also = { objectRowsWritten: 1 };
  return [
    { ...increment, name: "increment, one account", path: incrementOf(0), also },
    {
      ...increment,
      name: `increment, ${counted.length} accounts`,
      path: () => incrementOf(next() % counted.length),
      also,
    },
    {
      ...owner,
      name: "record 1,000 events",
      method: "POST",
      path: () => `/api/v1/account/${counted[next() % counted.length]}/usage`,
      body: eventsBody(next),
      heavy: true,
      bare: "increment",
      // Each event's id; the hour and the day, of its box and of all; the account's own.
      also: { objectRowsWritten: 1_005 },
    },
    {
      ...reading(home, month, "hour"),
      name: "usage by hour, a month",
      heavy: true,
      also: { objectRowsRead: 720 },
    },
    {
      ...reading(home, tenYears, "millennium"),
      name: "usage by millennium, ten years",
      also: { objectRowsRead: 3_652 },
    },
  ];
}

function reading(account: string, { from, to }: { from: number; to: number }, aggregation: string) {
  const [begin, end] = [from, to].map((moment) => new Date(moment).toISOString());
  const path = `/api/v1/account/${account}/usage?from=${begin}&to=${end}&aggregation=${aggregation}`;
  return { ...owner, method: "GET", path, bare: "readUsage" } as const;
}

/** Bodies that differ in nothing but the events' ids, and are made of one text: making them must not slow what they load. */
function eventsBody(next: () => number): () => string {
  const events = Array.from({ length: 1_000 }, (_, place) => ({
    id: `#-${place}`,
    metric: place % 2 === 0 ? "pages_processed" : "searches_performed",
    value: 1 + (place % 100),
    knowledgebox: "00000000-0000-4000-8000-000000000001",
  }));
  const text = JSON.stringify({ events });
  return () => text.replaceAll("#", `${next()}`);
}

function* steps({ from, to }: { from: number; to: number }, step: number): Generator<number> {
  for (let at = from; at < to; at += step) yield at;
}
