/** Fields with special parsing: accepted values, and errors in pydantic's format. */
import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";

import { boolean, dateTime, integer, listOf, uuid } from "../../../src/http/fastapi/fields.ts";
import { check } from "../../../src/http/fastapi/validation.ts";

/** What a body's field makes of a value: the value, or what is wrong. */
function read(schema: z.ZodType, input: unknown): unknown {
  const result = check(z.object({ field: schema }), { field: input }, "body");
  return "value" in result ? { is: result.value["field"] } : result.issues;
}

function fault(input: unknown, type: string, msg: string, ctx?: object): unknown {
  return [{ type, loc: ["body", "field"], msg, input, ...(ctx === undefined ? {} : { ctx }) }];
}

describe("a missing field", () => {
  it.each<{ name: string; schema: z.ZodType }>([
    { name: "uuid", schema: uuid("") },
    { name: "integer", schema: integer({ min: 0, description: "" }) },
    { name: "boolean", schema: boolean("") },
    { name: "moment", schema: dateTime("") },
    { name: "list", schema: listOf(z.string(), 3) },
  ])("a missing field is reported with its object: $name", ({ schema }) => {
    const body = { other: 1 };
    expect(check(z.object({ field: schema }), body, "body")).toEqual({
      issues: [{ type: "missing", loc: ["body", "field"], msg: "Field required", input: body }],
    });
    expect(check(z.object({ field: schema }), {}, "query")).toEqual({
      issues: [{ type: "missing", loc: ["query", "field"], msg: "Field required", input: null }],
    });
    expect(check(z.object({ field: schema.optional() }), {}, "query")).toEqual({ value: {} });
    expect(check(z.object({ field: schema.nullish() }), { field: null }, "body")).toEqual({
      value: { field: null },
    });
  });
});

describe("a UUID", () => {
  const canonical = "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e21";

  it.each([
    canonical,
    canonical.toUpperCase(),
    canonical.replaceAll("-", ""),
    `{${canonical}}`,
    `urn:uuid:${canonical}`,
    "00000000-0000-0000-0000-000000000000",
  ])("a UUID may be written as %s", (text) => {
    const is = text.startsWith("0") ? text : canonical;
    expect(read(uuid(""), text)).toEqual({ is });
  });

  it.each([
    { input: "", reason: "invalid length: expected length 32 for simple format, found 0" },
    { input: "5", reason: "invalid length: expected length 32 for simple format, found 1" },
    {
      input: "c7a1f1de9a0c4c55b5b10d5f6f1d7e2",
      reason: "invalid length: expected length 32 for simple format, found 31",
    },
    {
      input: "c7a1f1de9a0c4c55b5b10d5f6f1d7e211",
      reason: "invalid length: expected length 32 for simple format, found 33",
    },
    {
      input: "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e2",
      reason: "invalid group length in group 4: expected 12, found 11",
    },
    {
      input: "c7a1f1d-e9a0c-4c55-b5b1-0d5f6f1d7e21",
      reason: "invalid group length in group 0: expected 8, found 7",
    },
    { input: "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e21-", reason: "invalid group count: expected 5, found 6" },
    { input: "c7a1f1de-9a0c-4c55-b5b10d5f6f1d7e2", reason: "invalid group count: expected 5, found 4" },
  ])("a UUID cannot be $input", ({ input, reason }) => {
    const error = fault(input, "uuid_parsing", `Input should be a valid UUID, ${reason}`, { error: reason });
    expect(read(uuid(""), input)).toEqual(error);
  });

  it.each([
    { input: "nobody", character: "n", at: 1 },
    { input: " c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e21", character: " ", at: 1 },
    { input: "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e2g", character: "g", at: 36 },
    { input: "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e2é", character: "é", at: 36 },
    { input: "c7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7eé1", character: "é", at: 35 },
    { input: "urn:uuid:g7a1f1de-9a0c-4c55-b5b1-0d5f6f1d7e21", character: "g", at: 10 },
    { input: "😀", character: "😀", at: 1 },
  ])(
    "a UUID cannot be $input, and the first invalid character is reported with its position",
    ({ input, character, at }) => {
      const reason: unknown = expect.stringMatching(
        new RegExp(`^invalid character.* found \`${character}\` at ${at}$`),
      );
      expect(read(uuid(""), input)).toEqual([
        {
          type: "uuid_parsing",
          loc: ["body", "field"],
          msg: expect.stringMatching(/^Input should be a valid UUID, invalid character/),
          input,
          ctx: { error: reason },
        },
      ]);
    },
  );

  it.each([[5], [1.5], [true], [null], [[]], [{}]])(
    "a UUID cannot be %j, because it is not a string",
    (input) => {
      expect(read(uuid(""), input)).toEqual(
        fault(input, "uuid_type", "UUID input should be a string, bytes or UUID object"),
      );
    },
  );
});

describe("an integer from 1 to 100", () => {
  const schema = integer({ min: 1, max: 100, description: "" });
  const parsing = "Input should be a valid integer, unable to parse string as an integer";

  it.each([
    { input: 1, is: 1 },
    { input: 100, is: 100 },
    { input: 5.0, is: 5 },
    { input: 1e2, is: 100 },
    { input: true, is: 1 },
    { input: "5", is: 5 },
    { input: " 5 ", is: 5 },
    { input: "+5", is: 5 },
    { input: "005", is: 5 },
    { input: "5.0", is: 5 },
    { input: "5.000", is: 5 },
  ])("an integer may be given as $input", ({ input, is }) => {
    expect(read(schema, input)).toEqual({ is });
  });

  it.each(["", " ", "x", "5x", "5.5", "5.", ".5", "1e1", "0x5", "1,0", "--5", "٥", "NaN", "Infinity"])(
    "an integer cannot be %j, because it cannot be parsed",
    (input) => {
      expect(read(schema, input)).toEqual(fault(input, "int_parsing", parsing));
    },
  );

  it.each([[null], [[]], [[5]], [{}]])("an integer cannot be %j, because of its type", (input) => {
    expect(read(schema, input)).toEqual(fault(input, "int_type", "Input should be a valid integer"));
  });

  it.each([5.5, 0.1, -1.5])("an integer cannot be %j, because it has a fractional part", (input) => {
    expect(read(schema, input)).toEqual(
      fault(input, "int_from_float", "Input should be a valid integer, got a number with a fractional part"),
    );
  });

  it.each([0, -1, "0", "-5", false, -1e6])("an integer cannot be %j, because it is too small", (input) => {
    const msg = "Input should be greater than or equal to 1";
    expect(read(schema, input)).toEqual(fault(input, "greater_than_equal", msg, { ge: 1 }));
  });

  it.each([101, "101", 2 ** 60, "9007199254740993", "9".repeat(30)])(
    "an integer cannot be %j, because it is too large",
    (input) => {
      const msg = "Input should be less than or equal to 100";
      expect(read(schema, input)).toEqual(fault(input, "less_than_equal", msg, { le: 100 }));
    },
  );

  it("an integer without a maximum is at most the largest safe integer", () => {
    const endless = integer({ min: 0, description: "" });
    expect(read(endless, Number.MAX_SAFE_INTEGER)).toEqual({ is: Number.MAX_SAFE_INTEGER });
    expect(read(endless, 2 ** 53)).toMatchObject([{ type: "less_than_equal" }]);
  });
});

describe("a boolean", () => {
  const parsing = "Input should be a valid boolean, unable to interpret input";

  it.each([true, 1, "true", "TRUE", "True", "t", "T", "yes", "y", "on", "1"])("%j is true", (input) => {
    expect(read(boolean(""), input)).toEqual({ is: true });
  });

  it.each([false, 0, "false", "FALSE", "f", "no", "n", "off", "OFF", "0"])("%j is false", (input) => {
    expect(read(boolean(""), input)).toEqual({ is: false });
  });

  it.each([2, -1, "", " true", "true ", "1.0", "maybe", "null", "ja"])(
    "%j is neither true nor false",
    (input) => {
      expect(read(boolean(""), input)).toEqual(fault(input, "bool_parsing", parsing));
    },
  );

  it.each([[null], [[]], [[1]], [["yes"]], [[false]], [{}], [{ a: 1 }], [1.5]])(
    "%j is not a boolean because of its type",
    (input) => {
      expect(read(boolean(""), input)).toEqual(fault(input, "bool_type", "Input should be a valid boolean"));
    },
  );
});

describe("a timestamp", () => {
  it.each([
    ["2026-01-31T13:00:00Z"],
    ["2026-01-31T14:00:00+01:00"],
    ["2026-01-31T13:00:00"],
    [1_769_864_400],
    ["1769864400"],
    [1_769_864_400_000],
  ])("a timestamp may be %j", (input) => {
    expect(read(dateTime(""), input)).toEqual({ is: Date.parse("2026-01-31T13:00:00Z") });
  });

  it.each([
    "",
    "x",
    "yesterday",
    "2026-02-30",
    "2026-13-01",
    "2026-01-31T25:00:00Z",
    "1e9",
    " ",
    "2026-01-31T13:00:00Zx",
  ])("a timestamp cannot be %j", (input) => {
    const start = /^Input should be a valid datetime or date, ./;
    expect(read(dateTime(""), input)).toEqual([
      {
        type: "datetime_from_date_parsing",
        loc: ["body", "field"],
        msg: expect.stringMatching(start),
        input,
        ctx: { error: expect.any(String) },
      },
    ]);
  });

  it.each([1e30, -1e30])("a timestamp cannot be %d, because no calendar has it", (input) => {
    expect(read(dateTime(""), input)).toEqual([
      {
        type: "datetime_parsing",
        loc: ["body", "field"],
        msg: expect.stringMatching(/^Input should be a valid datetime, ./),
        input,
        ctx: { error: expect.any(String) },
      },
    ]);
  });

  it.each([[true], [false], [null], [[]], [{}], [[1_769_864_400]]])(
    "a timestamp cannot be %j, because of its type",
    (input) => {
      expect(read(dateTime(""), input)).toEqual(
        fault(input, "datetime_type", "Input should be a valid datetime"),
      );
    },
  );
});

describe("a list of at most three items", () => {
  const schema = listOf(z.string(), 3);

  it.each([[[]], [["a"]], [["a", "b", "c"]]])("a list may be %j", (input) => {
    expect(read(schema, input)).toEqual({ is: input });
  });

  it.each([[4], [1000]])("a list of %d items is too long", (length) => {
    const input = Array.from({ length }, () => "x");
    expect(read(schema, input)).toEqual(
      fault(input, "too_long", `List should have at most 3 items after validation, not ${length}`, {
        field_type: "List",
        max_length: 3,
        actual_length: length,
      }),
    );
  });

  it.each([[null], ["abc"], [5], [true], [{ 0: "a" }], [{}]])("a list cannot be %j", (input) => {
    expect(read(schema, input)).toEqual(fault(input, "list_type", "Input should be a valid list"));
  });

  it("each invalid item is reported with its index", () => {
    const wrong = { type: "string_type", msg: "Input should be a valid string" };
    expect(read(schema, ["a", 5, null])).toEqual([
      { ...wrong, loc: ["body", "field", 1], input: 5 },
      { ...wrong, loc: ["body", "field", 2], input: null },
    ]);
  });
});

it("all errors in a body are reported together in the order of its fields", () => {
  const schema = z.object({
    id: uuid(""),
    count: integer({ min: 1, description: "" }),
    on: boolean(""),
    at: dateTime(""),
    ids: listOf(uuid(""), 2),
  });
  const result = check(schema, { id: "x", count: 0, on: "maybe", at: [], ids: ["y"] }, "body");
  const issues = "issues" in result ? result.issues : [];
  expect(issues.map(({ type, loc }) => [loc.slice(1).join("."), type])).toEqual([
    ["id", "uuid_parsing"],
    ["count", "greater_than_equal"],
    ["on", "bool_parsing"],
    ["at", "datetime_type"],
    ["ids.0", "uuid_parsing"],
  ]);
});
