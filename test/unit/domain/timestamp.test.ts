import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseTimestamp, timestampFromNumber } from "../../../src/domain/timestamp.ts";

const dates = fc.date({
  min: new Date("0001-01-01T00:00:00.000Z"),
  max: new Date("9999-12-31T23:59:59.999Z"),
  noInvalidDate: true,
});

describe("a timestamp as text", () => {
  it.each([
    { text: "2026-01-31T13:00:00Z", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31t13:00:00z", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31 13:00:00Z", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31T13:00:00+00:00", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31T13:00:00-00:00", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31T13:00:00+02:00", iso: "2026-01-31T11:00:00.000Z" },
    { text: "2026-01-31T13:00:00+0200", iso: "2026-01-31T11:00:00.000Z" },
    { text: "2026-01-31T13:00:00-02:30", iso: "2026-01-31T15:30:00.000Z" },
    { text: "2026-01-31T13:00:00+23:59", iso: "2026-01-30T13:01:00.000Z" },
    { text: "2026-12-31T23:30:00-01:00", iso: "2027-01-01T00:30:00.000Z" },
    { text: "2026-01-31T13:00:00", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31T13:00", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31T13:00Z", iso: "2026-01-31T13:00:00.000Z" },
    { text: "2026-01-31", iso: "2026-01-31T00:00:00.000Z" },
    { text: "2026-01-31T13:00:00.1Z", iso: "2026-01-31T13:00:00.100Z" },
    { text: "2026-01-31T13:00:00,5Z", iso: "2026-01-31T13:00:00.500Z" },
    { text: "2026-01-31T13:00:00.123456Z", iso: "2026-01-31T13:00:00.123Z" },
    { text: "2026-01-31T13:00:00.999999999Z", iso: "2026-01-31T13:00:00.999Z" },
    { text: "2024-02-29", iso: "2024-02-29T00:00:00.000Z" },
    { text: "2000-02-29T00:00:00Z", iso: "2000-02-29T00:00:00.000Z" },
    { text: "0001-01-01T00:00:00Z", iso: "0001-01-01T00:00:00.000Z" },
    { text: "9999-12-31T23:59:59.999Z", iso: "9999-12-31T23:59:59.999Z" },
  ])("$text is parsed as $iso", ({ text, iso }) => {
    expect(parseTimestamp(text)).toBe(Date.parse(iso));
  });

  it.each([
    { text: "1769864400", iso: "2026-01-31T13:00:00.000Z" },
    { text: "1769864400.5", iso: "2026-01-31T13:00:00.500Z" },
    { text: "1769864400000", iso: "2026-01-31T13:00:00.000Z" },
    { text: "20000000000", iso: "2603-10-11T11:33:20.000Z" },
    { text: "20000000001", iso: "1970-08-20T11:33:20.001Z" },
    { text: "-1", iso: "1969-12-31T23:59:59.000Z" },
    { text: "+1", iso: "1970-01-01T00:00:01.000Z" },
    { text: "0", iso: "1970-01-01T00:00:00.000Z" },
    { text: "20260131", iso: "1970-08-23T11:48:51.000Z" },
  ])("$text is parsed as epoch seconds or milliseconds: $iso", ({ text, iso }) => {
    expect(parseTimestamp(text)).toBe(Date.parse(iso));
    expect(timestampFromNumber(Number(text))).toBe(Date.parse(iso));
  });

  it.each([
    "",
    " ",
    "now",
    "2026-01",
    "2026-1-31",
    "26-01-31",
    "10000-01-01",
    "+02026-01-31",
    "-0001-01-01",
    "0000-01-01",
    "2026-00-01",
    "2026-13-01",
    "2026-01-00",
    "2026-01-32",
    "2026-02-29",
    "1900-02-29",
    "2026-04-31T00:00:00Z",
    "2026-01-31T",
    "2026-01-31T13",
    "2026-01-31T13Z",
    "2026-01-31Z",
    "2026-01-31T1:00:00Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31T13:60:00Z",
    "2026-01-31T13:00:60Z",
    "2026-01-31T13:00:00.Z",
    "2026-01-31T13:00:00+24:00",
    "2026-01-31T13:00:00+02:60",
    "2026-01-31T13:00:00+2:00",
    "2026-01-31T13:00:00+02",
    "2026-01-31T13:00:00ZZ",
    "2026-01-31T13:00:00Z+02:00",
    "2026-01-31T13:00:00 UTC",
    "2026-W05-6",
    "2026-031",
    "Sat, 31 Jan 2026 13:00:00 GMT",
    "31.01.2026",
    "13:00:00",
    "1e9",
    "0x10",
    "1_000",
    "NaN",
    "Infinity",
    "٢٠٢٦-٠١-٣١",
    "2026-01-31T13:00:00Z\u0000",
    "2026-01-31T13:00:00Z\nx",
    "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+01:00",
  ])("%j is rejected", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it("a timestamp as text is unchanged when it is formatted and parsed", () => {
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  it("a timestamp as text is the same in every time zone", () => {
    fc.assert(
      fc.property(
        dates.filter((date) => Math.abs(date.getUTCFullYear() - 5000) < 4990),
        fc.integer({ min: -(24 * 60 - 1), max: 24 * 60 - 1 }),
        (date, offset) => {
          const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
          const two = (number: number) => String(number).padStart(2, "0");
          const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
          const zone = `${offset < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
          expect(parseTimestamp(local + zone)).toBe(date.getTime());
        },
      ),
    );
  });

  it("a timestamp as text is accepted exactly if its date exists", () => {
    const two = (most: number) =>
      fc.integer({ min: 0, max: most }).map((part) => String(part).padStart(2, "0"));
    const year = fc.integer({ min: 1, max: 9999 }).map((number) => String(number).padStart(4, "0"));
    fc.assert(
      fc.property(year, two(13), two(32), two(25), two(61), two(61), (y, mo, d, h, mi, s) => {
        const days = new Date(Date.UTC(2000, Number(mo) - 1, Number(d)));
        days.setUTCFullYear(Number(y), Number(mo) - 1, Number(d));
        const real =
          days.getUTCMonth() === Number(mo) - 1 &&
          days.getUTCDate() === Number(d) &&
          Number(h) < 24 &&
          Number(mi) < 60 &&
          Number(s) < 60;
        const text = `${y}-${mo}-${d}T${h}:${mi}:${s}Z`;
        expect(parseTimestamp(text)).toBe(real ? Date.parse(text) : undefined);
      }),
      { numRuns: 500 },
    );
  });

  it("a timestamp as text is a whole millisecond of the years 1 to 9999 or undefined, for any text", () => {
    const odd = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[+-]?\d{1,25}(?:\.\d{1,5})?$/),
      fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?$/),
    );
    fc.assert(
      fc.property(odd, (text) => {
        const moment = parseTimestamp(text);
        if (moment === undefined) return;
        expect(Number.isSafeInteger(moment)).toBe(true);
        expect(new Date(moment).toISOString()).toMatch(/^\d{4}-/);
      }),
    );
  });
});

describe("a timestamp as a number", () => {
  it.each([
    { number: 1_769_864_400, iso: "2026-01-31T13:00:00.000Z" },
    { number: 1_769_864_400.25, iso: "2026-01-31T13:00:00.250Z" },
    { number: 1_769_864_400_000, iso: "2026-01-31T13:00:00.000Z" },
    { number: 2e10, iso: "2603-10-11T11:33:20.000Z" },
    { number: 2e10 + 1, iso: "1970-08-20T11:33:20.001Z" },
    { number: -2e10, iso: "1336-03-23T12:26:40.000Z" },
    { number: 0, iso: "1970-01-01T00:00:00.000Z" },
    { number: -0, iso: "1970-01-01T00:00:00.000Z" },
    { number: -0.5, iso: "1969-12-31T23:59:59.500Z" },
  ])("$number is parsed as $iso", ({ number, iso }) => {
    expect(new Date(timestampFromNumber(number) ?? Number.NaN).toISOString()).toBe(iso);
  });

  it.each([
    Number.NaN,
    Infinity,
    -Infinity,
    1e30,
    -1e30,
    Number.MAX_SAFE_INTEGER,
    253_402_300_800_000,
    -62_135_596_800_001,
  ])("%d is rejected", (number) => {
    expect(timestampFromNumber(number)).toBeUndefined();
  });

  it("a timestamp as a number is the same in seconds and in milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e10 }), (seconds) => {
        expect(timestampFromNumber(seconds)).toBe(seconds * 1000);
        expect(parseTimestamp(String(seconds))).toBe(seconds * 1000);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 2e10 + 1, max: 253_402_300_799_999 }), (milliseconds) => {
        expect(timestampFromNumber(milliseconds)).toBe(milliseconds);
      }),
    );
  });
});
