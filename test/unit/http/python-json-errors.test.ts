import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseJson } from "../../../src/http/request.ts";

describe("parseJson", () => {
  it("parseJson returns the value of valid JSON", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("", " ", "\n\t\r "), (text, space) => {
        expect(parseJson(`${space}${text}${space}`)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it.each([
    { text: "", line: 1, column: 1, position: 0 },
    { text: " \n ", line: 2, column: 2, position: 3 },
    { text: "{", line: 1, column: 2, position: 1 },
    { text: '{"a" 1}', line: 1, column: 6, position: 5 },
    { text: '{"a":}', line: 1, column: 6, position: 5 },
    { text: '{"a":1,\n}', line: 2, column: 1, position: 8 },
    { text: "[1,\n]", line: 2, column: 1, position: 4 },
    { text: "[1 2]", line: 1, column: 4, position: 3 },
    { text: "[1, undefined]", line: 1, column: 5, position: 4 },
    { text: "undefined", line: 1, column: 1, position: 0 },
    { text: "nul", line: 1, column: 4, position: 3 },
    { text: "nulx", line: 1, column: 4, position: 3 },
    { text: "{}\n\n{}", line: 3, column: 1, position: 4 },
    { text: `[${'"a", '.repeat(1_000)}x]`, line: 1, column: 5_002, position: 5_001 },
    { text: "\u{1f600}", line: 1, column: 1, position: 0 },
  ])("parseJson reports where $text is malformed", ({ text, ...where }) => {
    expect(parseJson(text)).toEqual({ error: { reason: expect.stringMatching(/^[A-Z].*\S$/), ...where } });
  });

  it.each([
    { text: "[1, x]", reason: 'Unexpected token "x"' },
    { text: "[1", reason: "Expected ',' or ']' after array element" },
    { text: "[01]", reason: "Unexpected number" },
    { text: "[1] 2", reason: "Unexpected non-whitespace character after JSON" },
    { text: "[", reason: "Unexpected end of JSON input" },
  ])("says why $text is malformed", ({ text, reason }) => {
    expect(parseJson(text)).toMatchObject({ error: { reason } });
  });

  it("parseJson accepts 100 levels of nesting and rejects the bracket that opens one more", () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
      expect(parseJson(nested(100))).toHaveProperty("value");
      const position = open.length * 100;
      const error = { reason: "Nested too deeply", position, line: 1, column: position + 1 };
      for (const text of [nested(101), nested(10_000), open.repeat(10_000), `${nested(101)}x`]) {
        expect(parseJson(text)).toEqual({ error });
      }
    }
    expect(parseJson(`"${"[".repeat(200)}"`)).toHaveProperty("value");
    expect(parseJson(`[${"[],".repeat(200)}[]]`)).toHaveProperty("value");
  });

  it("parseJson returns for any text a value or an error whose position is in the text", () => {
    const pieces = [
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
      "\u0001",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces, "\u{1f600}"), { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const result = parseJson(text);
        expect("value" in result).toBe(valid(text));
        if ("value" in result) return;
        const { position, line, column } = result.error;
        expect(position).toBeLessThanOrEqual(text.length);
        const lines = text.slice(0, position).split("\n");
        expect([line, column]).toEqual([lines.length, (lines.at(-1) ?? "").length + 1]);
      }),
      { numRuns: 500 },
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
