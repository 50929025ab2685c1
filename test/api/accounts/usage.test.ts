import { beforeEach, describe, expect, it } from "vitest";

import {
  addMember,
  type Caller,
  createAccount,
  type TestAccount,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createCaller,
  event,
  hour,
  incrementPath,
  moveClock,
  noon,
  point,
  points,
  readUsage,
  recordEvents,
  setUp,
  stopClock,
  usagePath,
} from "../../support/usage.ts";

stopClock();

const box = "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22";
let owner: Caller;
let account: TestAccount;

// Around the end of a year within a week, a leap day, and today.
beforeEach(async () => {
  ({ owner, account } = await setUp());
  await recordEvents(
    owner,
    account,
    event({ metric: "pages_processed", value: 5, timestamp: "2039-12-31T23:30:00Z" }),
    event({ metric: "pages_processed", value: 7, timestamp: "2040-01-01T00:10:00Z" }),
    event({ metric: "nuclia_tokens", value: 11, timestamp: "2040-02-29T05:00:00Z", knowledgebox: box }),
    event({ metric: "pages_processed", value: 13, timestamp: "2040-05-16T11:59:59.999Z", knowledgebox: box }),
    event({ metric: "searches_performed", value: 1, timestamp: "2040-05-16T11:00:00Z" }),
  );
  await owner.post(incrementPath(account), { usage: 17 });
});

describe("usage", () => {
  const today = { pages_processed: 13, searches_performed: 1 };

  it("usage is returned by hour", async () => {
    const range = { from: "2039-12-31T22:15:00Z", to: "2040-01-01T01:00:00Z", aggregation: "hour" };
    expect(await readUsage(owner, account, range)).toEqual(
      points(
        point("2039-12-31T22:00:00Z"),
        point("2039-12-31T23:00:00Z", { pages_processed: 5 }),
        point("2040-01-01T00:00:00Z", { pages_processed: 7 }),
      ),
    );
  });

  it("usage is returned by day", async () => {
    const range = { from: "2040-02-28", to: "2040-03-01T00:00:00.001Z", aggregation: "day" };
    expect(await readUsage(owner, account, range)).toEqual(
      points(
        point("2040-02-28T00:00:00Z"),
        point("2040-02-29T00:00:00Z", { nuclia_tokens: 11 }),
        point("2040-03-01T00:00:00Z"),
      ),
    );
  });

  it("usage is returned by week from Monday, across the end of a year [R38]", async () => {
    const range = { from: "2039-12-31T23:00:00Z", to: "2040-01-02T00:00:00.001Z", aggregation: "week" };
    expect(await readUsage(owner, account, range)).toEqual(
      points(point("2039-12-26T00:00:00Z", { pages_processed: 12 }), point("2040-01-02T00:00:00Z")),
    );
  });

  it("usage is returned by month", async () => {
    const range = { from: "2039-12-31", to: "2040-03-01", aggregation: "month" };
    expect(await readUsage(owner, account, range)).toEqual(
      points(
        point("2039-12-01T00:00:00Z", { pages_processed: 5 }),
        point("2040-01-01T00:00:00Z", { pages_processed: 7 }),
        point("2040-02-01T00:00:00Z", { nuclia_tokens: 11 }),
      ),
    );
  });

  it("usage is returned by quarter", async () => {
    const range = { from: "2039-12-31T12:00:00Z", to: "2040-05-16T13:00:00Z", aggregation: "quarter" };
    expect(await readUsage(owner, account, range)).toEqual(
      points(
        point("2039-10-01T00:00:00Z", { pages_processed: 5 }),
        point("2040-01-01T00:00:00Z", { pages_processed: 7, nuclia_tokens: 11 }),
        point("2040-04-01T00:00:00Z", { ...today, usage: 17 }),
      ),
    );
  });

  it("usage is returned by year", async () => {
    const range = { from: "2039-12-31T12:00:00Z", to: "2040-05-16T13:00:00Z", aggregation: "year" };
    expect(await readUsage(owner, account, range)).toEqual(
      points(
        point("2039-01-01T00:00:00Z", { pages_processed: 5 }),
        point("2040-01-01T00:00:00Z", { ...today, pages_processed: 20, nuclia_tokens: 11, usage: 17 }),
      ),
    );
  });

  it("the default is one millennium, stamped with the beginning of the range", async () => {
    const sums = { ...today, pages_processed: 25, nuclia_tokens: 11, usage: 17 };
    const range = { from: "2039-12-31T12:34:56Z", to: "2040-05-16T13:00:00Z" };
    const one = points(point("2039-12-31T12:34:56Z", sums));
    expect(await readUsage(owner, account, range)).toEqual(one);
    expect(await readUsage(owner, account, { ...range, aggregation: "millennium" })).toEqual(one);
    expect(await readUsage(owner, account, { ...range, from: "1500-01-01", to: "9999-12-31" })).toEqual(
      points(point("1500-01-01T00:00:00Z", sums)),
    );
    expect(await readUsage(owner, account, { ...range, from: "2039-12-31T12:34:56.789Z" })).toEqual(
      points(point("2039-12-31T12:34:56.789Z", sums)),
    );
  });

  it("a bucket ends with the range, and the hour in which it begins counts whole", async () => {
    const month = (from: string, to: string) => readUsage(owner, account, { from, to, aggregation: "month" });
    const may = (sums: Record<string, number>) => points(point("2040-05-01T00:00:00Z", sums));
    expect(await month("2040-05-16T12:00:00Z", "2040-05-17")).toEqual(may({ usage: 17 }));
    expect(await month("2040-05-16T11:59:59.999Z", "2040-05-17")).toEqual(may({ ...today, usage: 17 }));
    expect(await month("2040-05-16", "2040-05-16T12:00:00Z")).toEqual(may(today));
    expect(await month("2040-05-16", "2040-05-16T12:00:00.001Z")).toEqual(may({ ...today, usage: 17 }));
  });

  it("an empty range has no buckets, and one empty millennium", async () => {
    for (const aggregation of ["hour", "day", "week", "month", "quarter", "year"]) {
      const range = { from: "2040-05-16T11:30:00Z", to: "2040-05-16T11:30:00Z", aggregation };
      expect(await readUsage(owner, account, range)).toEqual(points());
    }
    expect(
      await readUsage(owner, account, { from: "2040-05-16T11:30:00Z", to: "2040-05-16T11:30:00Z" }),
    ).toEqual(points(point("2040-05-16T11:30:00Z")));
  });

  it("the range ends now by default [R38]", async () => {
    const query = { from: "2040-05-16T11:00:00Z", aggregation: "hour" };
    expect(await readUsage(owner, account, query)).toEqual(points(point("2040-05-16T11:00:00Z", today)));
    const later = await moveClock(noon + 30 * 60_000, owner);
    expect(await readUsage(later, account, query)).toEqual(
      points(point("2040-05-16T11:00:00Z", today), point("2040-05-16T12:00:00Z", { usage: 17 })),
    );
    expect(await readUsage(later, account, { ...query, from: "2040-05-16T12:30:00Z" })).toEqual(points());
  });

  it("usage of a knowledge box is what was recorded for it, without increments", async () => {
    const query = { from: "2039-12-01", to: "2040-06-01" };
    const sums = { nuclia_tokens: 11, pages_processed: 13 };
    for (const knowledgebox of [box, box.toUpperCase(), box.replaceAll("-", ""), `urn:uuid:${box}`]) {
      expect(await readUsage(owner, account, { ...query, knowledgebox })).toEqual(
        points(point("2039-12-01T00:00:00Z", sums)),
      );
    }
    const hours = { from: "2040-05-16T11:00:00Z", to: "2040-05-16T13:00:00Z", aggregation: "hour" };
    expect(await readUsage(owner, account, { ...hours, knowledgebox: box })).toEqual(
      points(point("2040-05-16T11:00:00Z", { pages_processed: 13 }), point("2040-05-16T12:00:00Z")),
    );
    expect(await readUsage(owner, account, { ...query, knowledgebox: crypto.randomUUID() })).toEqual(
      points(point("2039-12-01T00:00:00Z")),
    );
  });

  it("an account's usage is its own [R4]", async () => {
    const other = await createAccount(owner);
    const query = { from: "2039-12-01", to: "2040-06-01" };
    const none = points(point("2039-12-01T00:00:00Z"));
    expect(await readUsage(owner, other, query)).toEqual(none);
    expect(await readUsage(owner, other, { ...query, knowledgebox: box })).toEqual(none);
    await recordEvents(owner, other, event({ metric: "pages_processed", value: 100, knowledgebox: box }));
    const whole = await readUsage(owner, account, { ...query, knowledgebox: box });
    expect(whole).toEqual(points(point("2039-12-01T00:00:00Z", { nuclia_tokens: 11, pages_processed: 13 })));
  });

  it("members may read usage, by any spelling of the id, and with HEAD", async () => {
    const member = await createCaller();
    await addMember(account, member);
    const query = "from=2040-05-16&to=2040-05-17";
    const expected = points(point("2040-05-16T00:00:00Z", { ...today, usage: 17 }));
    for (const id of [account.id, account.id.toUpperCase(), account.id.replaceAll("-", "")]) {
      expect(statusAndBody(await member.get(`${usagePath({ id })}?${query}`))).toEqual(expected);
    }
    const head = await member.send("HEAD", `${usagePath(account)}?${query}`);
    expect([head.status, head.text]).toEqual([200, ""]);
  });
});

it("an event counts in the hour of its timestamp, whenever it arrives", async () => {
  const later = await moveClock(noon + 3 * hour, owner);
  await recordEvents(
    later,
    account,
    event({ metric: "docs_no_media", value: 3, timestamp: "2040-05-16T12:59:59Z" }),
  );
  await recordEvents(later, account, event({ metric: "docs_no_media", value: 4 }));
  const hours = { from: "2040-05-16T12:00:00Z", to: "2040-05-16T16:00:00Z", aggregation: "hour" };
  expect(await readUsage(later, account, hours)).toEqual(
    points(
      point("2040-05-16T12:00:00Z", { docs_no_media: 3, usage: 17 }),
      point("2040-05-16T13:00:00Z"),
      point("2040-05-16T14:00:00Z"),
      point("2040-05-16T15:00:00Z", { docs_no_media: 4 }),
    ),
  );
});
