import { describe, expect, it } from "vitest";

import {
  atLeast,
  atMost,
  controlCharacter,
  dateTooLate,
  fractionalNumber,
  invalidBody,
  invalidValues,
  missingField,
  notDatetime,
  notDatetimeText,
  notInteger,
  notIntegerText,
  notList,
  notObject,
  notOneOf,
  notString,
  type PydanticError,
  tooLong,
  tooManyItems,
  tooShort,
} from "../../support/pydantic-errors.ts";
import {
  event,
  maxInteger,
  metricNames,
  recordEvents,
  setUp,
  usagePath,
  usedSums,
} from "../../support/usage.ts";
import { statusAndBody } from "../../support/fixtures.ts";

const noUuid: PydanticError = {
  type: "uuid_type",
  msg: "UUID input should be a string, bytes or UUID object",
};
/** The pydantic error of an invalid UUID. */
function noUuidText(error: string): PydanticError {
  return { type: "uuid_parsing", msg: `Input should be a valid UUID, ${error}`, ctx: { error } };
}
const metric = notOneOf(...metricNames.slice(0, -1));

describe("an event", () => {
  it.each([
    ...invalidValues("id", notString, 1, null, true, ["a"], {}),
    ...invalidValues("id", tooShort, "", "   "),
    ...invalidValues("id", tooLong(255), "i".repeat(256), "\u{1f600}".repeat(256)),
    ...invalidValues("id", controlCharacter, "a\0b", "a\nb"),
    ...invalidValues("metric", metric, "usage", "Pages_processed", "", null, 1, []),
    ...invalidValues("value", atLeast(0), -1, "-1", -maxInteger),
    ...invalidValues("value", atMost(maxInteger), maxInteger + 1, "9007199254740992", 1e300),
    ...invalidValues("value", fractionalNumber, 0.5, 1.000001),
    ...invalidValues("value", notIntegerText, "", "one", "1.5", "1e3", "NaN"),
    ...invalidValues("value", notInteger, null, [], [1], {}),
    ...invalidValues("knowledgebox", noUuid, 1, true, [], {}),
    ...invalidValues("knowledgebox", noUuidText("invalid character: found `x` at 4"), "{a1x}"),
    ...invalidValues(
      "knowledgebox",
      noUuidText("invalid length: expected length 32 for simple format, found 0"),
      "",
    ),
    ...invalidValues("timestamp", notDatetime, true, [], {}),
    ...invalidValues("timestamp", notDatetimeText, "", "now", "2040-02-30", "2040-05-16T24:00:00Z"),
    ...invalidValues("timestamp", dateTooLate, 1e300, 253402300800000),
  ])("an event with the $field $input is rejected", async ({ field, input, fault }) => {
    const { owner, account } = await setUp();
    const events = [event(), { ...event(), [field]: input }];
    expect(statusAndBody(await owner.post(usagePath(account), { events }))).toEqual(
      invalidBody({ ...fault, loc: ["events", 1, field], input }),
    );
    expect(await usedSums(owner, account)).toEqual({});
  });

  it("all errors of all events are reported in field order", async () => {
    const { owner, account } = await setUp();
    const odd = { knowledgebox: 5, value: -1, timestamp: "now" };
    const body = { events: [odd, event(), { ...event(), value: 0.5 }, "event"] };
    const place = (at: number, ...field: string[]) => ["events", at, ...field];
    expect(statusAndBody(await owner.post(usagePath({ id: account.id }), body))).toEqual(
      invalidBody(
        { ...missingField, loc: place(0, "id"), input: odd },
        { ...missingField, loc: place(0, "metric"), input: odd },
        { ...atLeast(0), loc: place(0, "value"), input: -1 },
        { ...noUuid, loc: place(0, "knowledgebox"), input: 5 },
        { ...notDatetimeText, loc: place(0, "timestamp"), input: "now" },
        { ...fractionalNumber, loc: place(2, "value"), input: 0.5 },
        { ...notObject, loc: place(3), input: "event" },
      ),
    );
    expect(await usedSums(owner, account)).toEqual({});
  });

  it("an id may have 255 characters of any kind, and a value may be text or end in .0", async () => {
    const { owner, account } = await setUp();
    const ids = ["i".repeat(255), "\u{1f600}".repeat(255), "-", "Ünïcode / id", "ÜNÏCODE / ID"];
    await recordEvents(owner, account, ...ids.map((id) => event({ id })));
    await recordEvents(
      owner,
      account,
      event({ value: "5" }),
      event({ value: "7.0" }),
      event({ value: true }),
    );
    const raw = '{"events": [{"id": "raw", "metric": "ai_tokens_used", "value": 10.0, "more": [1]}]}';
    const headers = { "Content-Type": "application/json" };
    expect((await owner.send("POST", usagePath(account), undefined, { raw, headers })).status).toBe(200);
    expect(await usedSums(owner, account)).toEqual({ ai_tokens_used: 5 + 5 + 7 + 1 + 10 });
  });
});

describe("a body", () => {
  it.each([
    { name: "nothing in it", body: {}, fault: { ...missingField, loc: ["events"], input: {} } },
    { name: "null for events", body: { events: null }, fault: { ...notList, loc: ["events"], input: null } },
    { name: "an object for events", body: { events: {} }, fault: { ...notList, loc: ["events"], input: {} } },
    { name: "text for events", body: { events: "[]" }, fault: { ...notList, loc: ["events"], input: "[]" } },
    { name: "a list around", body: [], fault: { ...notObject, loc: [], input: [] } },
    { name: "null for itself", body: null, fault: { ...missingField, loc: [], input: null } },
  ])("a body with $name is rejected", async ({ body, fault }) => {
    const { owner, account } = await setUp();
    expect(statusAndBody(await owner.post(usagePath(account), body))).toEqual(invalidBody(fault));
  });

  it("a body with 1,001 events gets one error, and none is counted", async () => {
    const { owner, account } = await setUp();
    const events = Array.from({ length: 1_001 }, (_, place) => ({ id: place, metric: "usage" }));
    expect(statusAndBody(await owner.post(usagePath(account), { events }))).toEqual(
      invalidBody({ ...tooManyItems(1_000, 1_001), loc: ["events"], input: events }),
    );
    const good = Array.from({ length: 1_001 }, () => event());
    expect((await owner.post(usagePath(account), { events: good })).status).toBe(422);
    expect(await usedSums(owner, account)).toEqual({});
  });

  it("a malformed, missing or otherwise typed body is rejected", async () => {
    const { owner, account } = await setUp();
    const sent = async (raw: string | undefined, type: string) =>
      (
        await owner.send("POST", usagePath(account), undefined, {
          ...(raw === undefined ? {} : { raw }),
          headers: { "Content-Type": type },
        })
      ).body.detail.map(({ type: kind, loc }: { type: string; loc: unknown }) => [kind, loc]);
    expect(await sent('{"events": [', "application/json")).toEqual([["json_invalid", ["body", 12]]]);
    expect(await sent(undefined, "application/json")).toEqual([["missing", ["body"]]]);
    expect(await sent("events=1", "text/plain")).toEqual([["model_attributes_type", ["body"]]]);
  });
});
