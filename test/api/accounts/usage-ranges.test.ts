import { describe, expect, it } from "vitest";

import { setAccount } from "../../support/database.ts";
import { noAccess } from "../../support/members.ts";
import { badValue, invalidQuery, notDatetimeText, notOneOf } from "../../support/pydantic-errors.ts";
import {
  captureErrors,
  createCaller,
  createMeteringUser,
  day,
  event,
  hour,
  noon,
  point,
  points,
  readUsage,
  recordEvents,
  setUp,
  stopClock,
  usagePath,
  usageUnavailableLog,
  workerWithoutUsage,
} from "../../support/usage.ts";
import { statusAndBody } from "../../support/fixtures.ts";

stopClock();

const iso = (time: number) => new Date(time).toISOString();
const badUuid = {
  type: "uuid_parsing",
  msg: "Input should be a valid UUID, invalid character: found `n` at 1",
  ctx: { error: "invalid character: found `n` at 1" },
};
const badAggregation = notOneOf("hour", "day", "week", "month", "quarter", "year", "millennium");

describe("times", () => {
  it.each([
    { from: "2040-05-16T11:00:00Z", expected: "2040-05-16T11:00:00Z" },
    { from: "2040-05-16t11:00:00z", expected: "2040-05-16T11:00:00Z" },
    { from: "2040-05-16 11:00:00", expected: "2040-05-16T11:00:00Z" },
    { from: "2040-05-16T11:00", expected: "2040-05-16T11:00:00Z" },
    { from: "2040-05-16T13:30:00+02:30", expected: "2040-05-16T11:00:00Z" },
    { from: "2040-05-15T23:00:00-12:00", expected: "2040-05-16T11:00:00Z" },
    { from: "2040-05-16T11:00:00.000999", expected: "2040-05-16T11:00:00Z" },
    { from: "2220778800", expected: "2040-05-16T11:00:00Z" },
    { from: "2220778800000", expected: "2040-05-16T11:00:00Z" },
    { from: "2040-05-16", expected: "2040-05-16T00:00:00Z" },
    { from: "2039-12-31T23:59:59.5-00:30", expected: "2040-01-01T00:29:59.500Z" },
    { from: "0001-01-01", expected: "0001-01-01T00:00:00Z" },
  ])("the time $from is read as $expected", async ({ from, expected }) => {
    const { owner, account } = await setUp();
    expect(await readUsage(owner, account, { from })).toEqual(points(point(expected)));
    expect(await readUsage(owner, account, { from, to: from })).toEqual(points(point(expected)));
  });

  it.each([
    { value: "", fault: notDatetimeText },
    { value: "yesterday", fault: notDatetimeText },
    { value: "2040-02-30", fault: notDatetimeText },
    { value: "2040-05-16T24:00:00Z", fault: notDatetimeText },
    // An unencoded plus is a space.
    { value: "2040-05-16T11:00:00 02:00", fault: notDatetimeText },
    { value: "1e12", fault: notDatetimeText },
    { value: "NaN", fault: notDatetimeText },
  ])("an invalid time is rejected: $value", async ({ value, fault }) => {
    const { owner, account } = await setUp();
    expect(await readUsage(owner, account, { from: value })).toEqual(invalidQuery("from", value, fault));
    expect(await readUsage(owner, account, { from: "2040-05-16", to: value })).toEqual(
      invalidQuery("to", value, fault),
    );
  });
});

describe("queries", () => {
  const missing = { type: "missing", loc: ["query", "from"], msg: "Field required", input: null };

  it("all errors of a query are reported together in order", async () => {
    const { owner } = await setUp();
    const query = { to: "later", aggregation: "decade", knowledgebox: "nonsense" };
    expect(await readUsage(owner, { id: "nowhere" }, query)).toEqual({
      status: 422,
      body: {
        detail: [
          { ...badUuid, loc: ["path", "account_id"], input: "nowhere" },
          missing,
          { ...notDatetimeText, loc: ["query", "to"], input: "later" },
          { ...badAggregation, loc: ["query", "aggregation"], input: "decade" },
          { ...badUuid, loc: ["query", "knowledgebox"], input: "nonsense" },
        ],
      },
    });
  });

  it("only from is required", async () => {
    const { owner, account } = await setUp();
    expect(await readUsage(owner, account, {})).toEqual({ status: 422, body: { detail: [missing] } });
    for (const aggregation of ["", "Hour", "days", "millenium"]) {
      expect(await readUsage(owner, account, { from: "2040-05-16", aggregation })).toEqual(
        invalidQuery("aggregation", aggregation, badAggregation),
      );
    }
    expect(await readUsage(owner, account, { from: "2040-05-16", group: "day", limit: "1" })).toEqual(
      points(point("2040-05-16T00:00:00Z")),
    );
  });

  it("the last of two equal keys counts", async () => {
    const { owner, account } = await setUp();
    const answer = await owner.get(
      `${usagePath(account)}?from=nonsense&from=2040-05-16&aggregation=x&aggregation=day`,
    );
    expect(statusAndBody(answer)).toEqual(points(point("2040-05-16T00:00:00Z")));
  });
});

describe("ranges", () => {
  const expected = (key: string, reason: string) => ({
    status: 422,
    body: { detail: [{ ...badValue(reason), loc: ["query", key], input: null }] },
  });

  it("a range cannot end before it begins [R38]", async () => {
    const { owner, account } = await setUp();
    const refused = expected("from", "The range ends before it begins.");
    for (const aggregation of ["hour", "week", "millennium"]) {
      const query = { from: "2040-05-16T00:00:00.001Z", to: "2040-05-16", aggregation };
      expect(await readUsage(owner, account, query)).toEqual(refused);
      expect(await readUsage(owner, account, { from: iso(noon + 1), aggregation })).toEqual(refused);
    }
  });

  it("a range has at most 10,000 points [R39]", async () => {
    const { owner, account } = await setUp();
    const refused = expected(
      "aggregation",
      "This range has more than 10,000 points. Use a coarser aggregation.",
    );
    const from = iso(noon - 399 * day);
    const last = await readUsage(owner, account, {
      from,
      to: iso(noon - 399 * day + 10_000 * hour),
      aggregation: "hour",
    });
    expect([last.status, (last.body as unknown[]).length]).toEqual([200, 10_000]);
    const query = { from, to: iso(noon - 399 * day + 10_000 * hour + 1), aggregation: "hour" };
    expect(await readUsage(owner, account, query)).toEqual(refused);
    const ancient = { from: "0001-01-01", to: "9999-12-31" };
    expect(await readUsage(owner, account, { ...ancient, aggregation: "quarter" })).toEqual(refused);
    expect((await readUsage(owner, account, { ...ancient, aggregation: "year" })).status).toBe(200);
  });

  it("hours are kept for 400 days, and days forever", async () => {
    const { owner, account } = await setUp();
    const gone = expected(
      "from",
      "Hourly data is kept for 400 days. Use whole days and the aggregation day or coarser.",
    );
    const oldest = Math.floor((noon - 400 * day) / day) * day;
    await recordEvents(
      owner,
      account,
      event({ metric: "pages_processed", value: 3, timestamp: iso(oldest + day) }),
    );
    const hours = { to: iso(oldest + 2 * day), aggregation: "hour" };
    expect((await readUsage(owner, account, { ...hours, from: iso(oldest) })).status).toBe(200);
    expect(await readUsage(owner, account, { ...hours, from: iso(oldest - 1) })).toEqual(gone);
    for (const aggregation of ["day", "week", "month", "quarter", "year", "millennium"]) {
      const query = { to: iso(oldest + 2 * day), aggregation };
      expect(await readUsage(owner, account, { ...query, from: iso(oldest - hour) })).toEqual(gone);
      expect((await readUsage(owner, account, { ...query, from: iso(oldest - 5 * day) })).status).toBe(200);
      expect(await readUsage(owner, account, { ...query, from: "1999-01-01T05:00:00Z" })).toEqual(
        aggregation === "day"
          ? expected("aggregation", "This range has more than 10,000 points. Use a coarser aggregation.")
          : gone,
      );
    }
  });
});

describe("who may read usage", () => {
  const query = { from: "2040-05-16", to: "2040-05-17" };

  it("outsiders get 403, and readers of every account may read usage", async () => {
    const { account } = await setUp();
    const outsider = await createCaller();
    expect(await readUsage(outsider, account, query)).toEqual(noAccess);
    expect(await readUsage(outsider, { id: crypto.randomUUID() }, query)).toEqual(noAccess);
    expect(await readUsage(outsider, account, { from: "2040-05-17", to: "2040-05-16" })).toEqual(noAccess);
    const metering = await createMeteringUser();
    expect(await readUsage(metering, account, query)).toEqual(points(point("2040-05-16T00:00:00Z")));
    expect(await readUsage(metering, { id: crypto.randomUUID() }, query)).toEqual({
      status: 404,
      body: { detail: "Account not found" },
    });
  });

  it("usage of a blocked account can be read", async () => {
    const { owner, account } = await setUp();
    await setAccount(account, { blocking_state: "manager" });
    expect(await readUsage(owner, account, query)).toEqual(points(point("2040-05-16T00:00:00Z")));
  });

  it("an unreachable usage object is answered 503", async () => {
    const { owner, account } = await setUp();
    const cut = owner.via(workerWithoutUsage());
    const written = await captureErrors(async () => {
      const answer = await cut.get(`${usagePath(account)}?from=2040-05-16`);
      expect(statusAndBody(answer)).toEqual({
        status: 503,
        body: { detail: "The usage counter is unavailable. Try again." },
      });
      expect(answer.headers.get("Retry-After")).toBe("1");
    });
    expect(written).toEqual([usageUnavailableLog("getUsage")]);
  });
});
