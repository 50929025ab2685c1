import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseJson } from "../../src/http/request.ts";

/** What CPython's json.loads says: message, line, column, character. */
type Told = readonly [message: string, line: number, column: number, position: number];

function told(text: string): Told | undefined {
  const result = parseJson(text);
  if ("value" in result) return undefined;
  const { message, line, column, position } = result.fault;
  return [message, line, column, position];
}

const property = "Expecting property name enclosed in double quotes";

describe("JSON", () => {
  it("that is good is its value", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("", " ", "\n\t\r "), (text, space) => {
        expect(parseJson(`${space}${text}${space}`)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it.each<[string, Told]>([
    ["", ["Expecting value", 1, 1, 0]],
    [" \n ", ["Expecting value", 2, 2, 3]],
    ["{", [property, 1, 2, 1]],
    ["{ ", [property, 1, 3, 2]],
    ['{"a"', ["Expecting ':' delimiter", 1, 5, 4]],
    ['{"a" 1}', ["Expecting ':' delimiter", 1, 6, 5]],
    ['{"a":', ["Expecting value", 1, 6, 5]],
    ['{"a":}', ["Expecting value", 1, 6, 5]],
    ['{"a": }', ["Expecting value", 1, 7, 6]],
    ['{"a":1', ["Expecting ',' delimiter", 1, 7, 6]],
    ['{"a":1 "b":2}', ["Expecting ',' delimiter", 1, 8, 7]],
    ['{"a":1,', [property, 1, 8, 7]],
    ['{"a":1,}', ["Illegal trailing comma before end of object", 1, 7, 6]],
    ['{"a":1 , }', ["Illegal trailing comma before end of object", 1, 8, 7]],
    ['{"a":1,,}', [property, 1, 8, 7]],
    ["{,}", [property, 1, 2, 1]],
    ["{1:2}", [property, 1, 2, 1]],
    ["[", ["Expecting value", 1, 2, 1]],
    ["[,", ["Expecting value", 1, 2, 1]],
    ["[1", ["Expecting ',' delimiter", 1, 3, 2]],
    ["[1,", ["Expecting value", 1, 4, 3]],
    ["[1,]", ["Illegal trailing comma before end of array", 1, 3, 2]],
    ["[1,\n]", ["Illegal trailing comma before end of array", 1, 3, 2]],
    ["[1}", ["Expecting ',' delimiter", 1, 3, 2]],
    ["nul", ["Expecting value", 1, 1, 0]],
    ["nulls", ["Extra data", 1, 5, 4]],
    ["undefined", ["Expecting value", 1, 1, 0]],
    ["+1", ["Expecting value", 1, 1, 0]],
    ["-", ["Expecting value", 1, 1, 0]],
    [".5", ["Expecting value", 1, 1, 0]],
    ["01", ["Extra data", 1, 2, 1]],
    ["1.e2", ["Extra data", 1, 2, 1]],
    ["1e", ["Extra data", 1, 2, 1]],
    ["1 2", ["Extra data", 1, 3, 2]],
    ["{}\n\n{}", ["Extra data", 3, 1, 4]],
    ['"', ["Unterminated string starting at", 1, 1, 0]],
    ['"abc', ["Unterminated string starting at", 1, 1, 0]],
    ['"abc\\', ["Unterminated string starting at", 1, 1, 0]],
    ['"a\\"', ["Unterminated string starting at", 1, 1, 0]],
    ['["a", "b]', ["Unterminated string starting at", 1, 7, 6]],
    ['"\\x"', ["Invalid \\escape", 1, 2, 1]],
    ['"a\\\n"', ["Invalid \\escape", 1, 3, 2]],
    ['"\\u12"', ["Invalid \\uXXXX escape", 1, 3, 2]],
    ['"\\u123', ["Invalid \\uXXXX escape", 1, 3, 2]],
    ['"\\u1234', ["Invalid \\uXXXX escape", 1, 3, 2]],
    ['"\\u12g4"', ["Invalid \\uXXXX escape", 1, 3, 2]],
    ['"\\u1234x', ["Unterminated string starting at", 1, 1, 0]],
    ['"a\nb"', ["Invalid control character at", 1, 3, 2]],
    ['"\u001f"', ["Invalid control character at", 1, 2, 1]],
    ['{"\t": 1}', ["Invalid control character at", 1, 3, 2]],
    ["\u00a01", ["Expecting value", 1, 1, 0]],
    ["'a'", ["Expecting value", 1, 1, 0]],
    ["\u{1f600}", ["Expecting value", 1, 1, 0]],
    ['["\u{1f600}"\n, "\u{1f600}" 1]', ["Expecting ',' delimiter", 2, 7, 11]],
  ])("that is broken is told as CPython tells it: %j", (text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  it("is read a hundred deep, and refused at the bracket that goes deeper, closed or not", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
      expect(told(nested(100))).toBeUndefined();
      const at = open.length * 100;
      const tooDeep: Told = ["Nested too deeply", 1, at + 1, at];
      for (const text of [nested(101), nested(10_000), open.repeat(10_000), `${nested(101)}x`])
        expect(told(text)).toEqual(tooDeep);
    }
    expect(told("[".repeat(100))).toEqual(["Expecting value", 1, 101, 100]);
    expect(told(`"${"[".repeat(200)}"`)).toBeUndefined();
    expect(told(`[${"[],".repeat(200)}[]]`)).toBeUndefined();
  });

  it("is always a value or a fault within the text", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "a",
      "\\u12",
      "1",
      "-",
      "null",
      " ",
      "\n",
      "\u{1f600}",
      "\u0001",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        const result = parseJson(text);
        const good = valid(text);
        expect("value" in result).toBe(good);
        if ("value" in result) return;
        const { position, line, column } = result.fault;
        expect(position).toBeLessThanOrEqual([...text].length);
        const lines = [...text].slice(0, position).join("").split("\n");
        expect([line, column]).toEqual([lines.length, [...(lines.at(-1) ?? "")].length + 1]);
      }),
      { numRuns: 2_000 },
    );
  });
});

function valid(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
