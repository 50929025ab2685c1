import { describe, expect, it } from "vitest";

import { type ApiResponse, type Caller, type TestAccount, statusAndBody } from "../../support/fixtures.ts";
import { sendRaw } from "../../support/organizations.ts";
import {
  changeSettings,
  currentUsage,
  incrementPath,
  incrementResponse,
  maxInteger,
  setUp,
} from "../../support/usage.ts";

const urlencoded = "application/x-www-form-urlencoded";
const invalid = "A valid integer is required.";
const tooSmall = "Ensure this value is greater than or equal to 1.";
const tooLarge = "Ensure this value is less than or equal to 9007199254740991.";

/** Sends an amount as raw JSON. */
function sendUsage(caller: Caller, account: TestAccount, written: string): Promise<ApiResponse> {
  return sendRaw(caller, "POST", incrementPath(account), `{"usage": ${written}}`, "application/json");
}

const refused = (sentence: string) => ({ status: 400, body: { usage: [sentence] } });

describe("the amount", () => {
  it.each([
    { written: "1", usage: 1 },
    { written: '"1"', usage: 1 },
    { written: '"2.0"', usage: 2 },
    { written: "2.0", usage: 2 },
    { written: '" 3 "', usage: 3 },
    { written: '"\\t3\\n"', usage: 3 },
    { written: '"+4"', usage: 4 },
    { written: '"5."', usage: 5 },
    { written: '"007"', usage: 7 },
    { written: "1e3", usage: 1_000 },
    { written: "10000", usage: 10_000 },
  ])("the amount $written counts as $usage [R34]", async ({ written, usage }) => {
    const { owner, account } = await setUp();
    const answer = await sendUsage(owner, account, written);
    expect(statusAndBody(answer)).toEqual(incrementResponse(usage));
    expect(await currentUsage(account)).toBe(usage);
  });

  it.each([String(maxInteger), `"${maxInteger}"`, `"${maxInteger}.000"`])(
    "the amount may be as large as %s [R34]",
    async (written) => {
      const { owner, account } = await setUp();
      await changeSettings(account, { type: "cowork" });
      const answer = await sendUsage(owner, account, written);
      expect(statusAndBody(answer)).toEqual(incrementResponse(maxInteger, null));
    },
  );

  it.each([
    { written: "0", sentence: tooSmall },
    { written: "-0", sentence: tooSmall },
    { written: '"0"', sentence: tooSmall },
    { written: "-1", sentence: tooSmall },
    { written: '"-1.0"', sentence: tooSmall },
    { written: "-9007199254740993", sentence: tooSmall },
    { written: "9007199254740992", sentence: tooLarge },
    { written: '"9007199254740992"', sentence: tooLarge },
    { written: "9223372036854775808", sentence: tooLarge },
    { written: '"9223372036854775808"', sentence: tooLarge },
    { written: `"${"9".repeat(1_000)}"`, sentence: tooLarge },
    { written: `"${"9".repeat(1_001)}"`, sentence: "String value too large." },
    { written: "1.5", sentence: invalid },
    { written: "0.9", sentence: invalid },
    { written: '"1.5"', sentence: invalid },
    { written: "1e309", sentence: invalid },
    { written: "-1e309", sentence: invalid },
    { written: '""', sentence: invalid },
    { written: '" "', sentence: invalid },
    { written: '"one"', sentence: invalid },
    { written: '"1e3"', sentence: invalid },
    { written: '"0x10"', sentence: invalid },
    { written: '"NaN"', sentence: invalid },
    { written: "true", sentence: invalid },
    { written: "false", sentence: invalid },
    { written: "[]", sentence: invalid },
    { written: "[1]", sentence: invalid },
    { written: "{}", sentence: invalid },
    { written: '{"value": 1}', sentence: invalid },
    { written: "null", sentence: "This field may not be null." },
  ])("invalid values are rejected: $written [R34]", async ({ written, sentence }) => {
    const { owner, account } = await setUp();
    const answer = await sendUsage(owner, account, written);
    expect(statusAndBody(answer)).toEqual(refused(sentence));
    expect(await currentUsage(account)).toBe(0);
  });
});

describe("amounts in forms", () => {
  const multipart = (value: string | File) => {
    const form = new FormData();
    form.set("usage", value);
    return form;
  };

  it.each([
    { value: "3", expected: incrementResponse(3) },
    { value: " 3 ", expected: incrementResponse(3) },
    { value: "2.0", expected: incrementResponse(2) },
    { value: "0", expected: refused(tooSmall) },
    { value: "9007199254740992", expected: refused(tooLarge) },
    { value: "null", expected: refused(invalid) },
    { value: "true", expected: refused(invalid) },
  ])("a form with $value means the same as JSON", async ({ value, expected }) => {
    const { owner, account } = await setUp();
    const encoded = new URLSearchParams({ usage: value }).toString();
    expect(statusAndBody(await sendRaw(owner, "POST", incrementPath(account), encoded, urlencoded))).toEqual(
      expected,
    );
    const other = await setUp();
    expect(
      statusAndBody(await sendRaw(other.owner, "POST", incrementPath(other.account), multipart(value))),
    ).toEqual(expected);
  });

  it("a form without the field counts 1, the last of two fields counts, and a file is rejected", async () => {
    const { owner, account } = await setUp();
    const send = async (form: string | FormData, type?: string) =>
      statusAndBody(await sendRaw(owner, "POST", incrementPath(account), form, type));
    expect(await send("other=5", urlencoded)).toEqual(incrementResponse(1));
    expect(await send("usage=5&usage=2", urlencoded)).toEqual(incrementResponse(3));
    expect(await send(multipart(new File(["1"], "usage.txt")))).toEqual(refused(invalid));
  });
});

describe("bodies of increments", () => {
  it.each([
    { raw: "[]", body: { non_field_errors: ["Invalid data. Expected a dictionary, but got list."] } },
    { raw: "5", body: { non_field_errors: ["Invalid data. Expected a dictionary, but got int."] } },
    { raw: "null", body: { non_field_errors: ["No data provided"] } },
    {
      raw: '{"usage": NaN}',
      body: { detail: 'JSON parse error - Unexpected token "N": line 1 column 11 (char 10)' },
    },
    {
      raw: '{"usage": 1',
      body: {
        detail: "JSON parse error - Expected ',' or '}' after property value: line 1 column 12 (char 11)",
      },
    },
  ])("invalid values are rejected: $raw [R34]", async ({ raw, body }) => {
    const { owner, account } = await setUp();
    const answer = await sendRaw(owner, "POST", incrementPath(account), raw, "application/json");
    expect(statusAndBody(answer)).toEqual({ status: 400, body });
    expect(await currentUsage(account)).toBe(0);
  });

  it("another media type is rejected, and other keys are ignored", async () => {
    const { owner, account } = await setUp();
    expect(
      statusAndBody(await sendRaw(owner, "POST", incrementPath(account), "<usage/>", "text/xml")),
    ).toEqual({
      status: 415,
      body: { detail: 'Unsupported media type "text/xml" in request.' },
    });
    const odd = { usage: 2, limit: 5, overriden: true, organization: "another", __proto__: null };
    expect(statusAndBody(await owner.post(incrementPath(account), odd))).toEqual(incrementResponse(2));
    const raw = '{"__proto__": {"usage": 7}, "constructor": 1}';
    expect(
      statusAndBody(await sendRaw(owner, "POST", incrementPath(account), raw, "application/json")),
    ).toEqual(incrementResponse(3));
  });
});
