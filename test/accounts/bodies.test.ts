/** Bodies that are not the object an operation asks for. */
import { describe, expect, it } from "vitest";

import { someone, unique, type Answer } from "../world.ts";

const json = { "Content-Type": "application/json" };

async function send(raw: BodyInit, headers: Record<string, string> = json): Promise<Answer> {
  return (await someone()).post("/api/v1/accounts", undefined, { raw, headers });
}

describe("a body that is missing", () => {
  it.each([
    ["no body", ""],
    ["null", "null"],
    ["null between spaces", " null\n"],
  ])("is told at the body: %s", async (_, raw) => {
    const answer = await send(raw);
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      detail: [{ type: "missing", loc: ["body"], msg: "Field required", input: null }],
    });
  });

  it("is told so too when there is no content type", async () => {
    const answer = await (await someone()).post("/api/v1/accounts");
    expect(answer.body).toEqual({
      detail: [{ type: "missing", loc: ["body"], msg: "Field required", input: null }],
    });
  });
});

// What CPython 3.13 says to each, character for character.
it.each([
  [" ", "Expecting value", 1],
  ["{", "Expecting property name enclosed in double quotes", 1],
  ['{"slug"', "Expecting ':' delimiter", 7],
  ['{"slug":', "Expecting value", 8],
  ['{"slug": }', "Expecting value", 9],
  ['{"slug":"a"', "Expecting ',' delimiter", 11],
  ['{"slug":"a",}', "Illegal trailing comma before end of object", 11],
  ['{"slug":"a" "b":1}', "Expecting ',' delimiter", 12],
  ["{slug:1}", "Expecting property name enclosed in double quotes", 1],
  ["{'slug':1}", "Expecting property name enclosed in double quotes", 1],
  ["[1,]", "Illegal trailing comma before end of array", 2],
  ["[1 2]", "Expecting ',' delimiter", 3],
  ["[", "Expecting value", 1],
  ["[,1]", "Expecting value", 1],
  ["{,}", "Expecting property name enclosed in double quotes", 1],
  ['{"a" 1}', "Expecting ':' delimiter", 5],
  ['{"a":1}x', "Extra data", 7],
  ['{"a":1}}', "Extra data", 7],
  ['{"slug":"a",,}', "Expecting property name enclosed in double quotes", 12],
  ['"abc', "Unterminated string starting at", 0],
  ['"a\nb"', "Invalid control character at", 2],
  ['"\\x"', "Invalid \\escape", 1],
  ['"\\u12"', "Invalid \\uXXXX escape", 2],
  ['"\\u00zz"', "Invalid \\uXXXX escape", 2],
  ['"\\u0041', "Invalid \\uXXXX escape", 2],
  ['"\\', "Unterminated string starting at", 0],
  ['"\\ud83d\\u12"', "Invalid \\uXXXX escape", 8],
  ['["\\uD800\\"]', "Unterminated string starting at", 1],
  ["nul", "Expecting value", 0],
  ["-", "Expecting value", 0],
  ["--1", "Expecting value", 0],
  ["01", "Extra data", 1],
  ["1.", "Extra data", 1],
  ["1e5x", "Extra data", 3],
  [".5", "Expecting value", 0],
  ["+1", "Expecting value", 0],
  ["\u00a0{}", "Expecting value", 0],
  ['{"a":undefined}', "Expecting value", 5],
  ['{"a":[1,{"b":}]}', "Expecting value", 13],
  ['{"slug":"é😀",}', "Illegal trailing comma before end of object", 12],
  ['{\n  "slug": "acme",\n  title\n}', "Expecting property name enclosed in double quotes", 22],
])("%j is broken JSON", async (raw, error, position) => {
  const answer = await send(raw);
  expect(answer.status).toBe(422);
  expect(answer.body).toEqual({
    detail: [
      {
        type: "json_invalid",
        loc: ["body", position],
        msg: "JSON decode error",
        input: {},
        ctx: { error },
      },
    ],
  });
});

it.each([
  ["[]", []],
  ['[{"slug":"acme"}]', [{ slug: "acme" }]],
  ['"slug"', "slug"],
  ["5", 5],
  ["true", true],
  ["false", false],
  ["0", 0],
  ['""', ""],
])("%s is JSON, and no object [R8]", async (raw, input) => {
  const answer = await send(raw);
  expect(answer.status).toBe(422);
  expect(answer.body).toEqual({ detail: [{ ...noObject, loc: ["body"], input }] });
});

const noObject = {
  type: "model_attributes_type",
  msg: "Input should be a valid dictionary or object to extract fields from",
};

describe("the content type", () => {
  it.each([
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "application/octet-stream",
    "json",
  ])("%s is no JSON", async (type) => {
    const raw = '{"slug":"acme"}';
    const answer = await send(raw, { "Content-Type": type });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({ detail: [{ ...noObject, loc: ["body"], input: raw }] });
  });

  it("that is not told is no JSON, as the framework has it since 0.132", async () => {
    const raw = `{"slug":"${unique("acme")}"}`;
    const answer = await send(new TextEncoder().encode(raw), {});
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({ detail: [{ ...noObject, loc: ["body"], input: raw }] });
  });

  it.each([
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "application/vnd.api+json",
    "application/json;charset=UTF-8;x=y",
  ])("%s is JSON", async (type) => {
    const answer = await send(`{"slug":"${unique("acme")}"}`, { "Content-Type": type });
    expect(answer.status).toBe(201);
  });

  it("of a request without a body does no harm", async () => {
    const user = await someone();
    const slug = unique("acme");
    await user.post("/api/v1/accounts", { slug });
    const headers = json;
    expect((await user.get("/api/v1/user", { headers })).status).toBe(200);
    expect((await user.get(`/api/v1/account/${slug}`, { headers })).status).toBe(200);
    expect((await user.delete(`/api/v1/account/${slug}`, { headers })).status).toBe(204);
  });

  it("of a broken body does no harm where no body is read", async () => {
    const user = await someone();
    const slug = unique("acme");
    await user.post("/api/v1/accounts", { slug });
    expect((await user.delete(`/api/v1/account/${slug}`, { raw: "{", headers: json })).status).toBe(204);
  });
});

describe("bytes", () => {
  it("that are no UTF-8 cannot be read at all", async () => {
    for (const bytes of [[0xff], [0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d], [0xed, 0xa0, 0x80]]) {
      const answer = await send(new Uint8Array(bytes));
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual({ detail: "There was an error parsing the body" });
    }
  });

  it("may begin with a byte order mark", async () => {
    const answer = await send(`\ufeff{"slug":"${unique("acme")}"}`);
    expect(answer.status).toBe(201);
  });
});

it("deep nesting is refused, whether it ends or not [R62]", async () => {
  for (const raw of [
    "[".repeat(100_000),
    '{"a":'.repeat(50_000),
    "[".repeat(100_000) + "]".repeat(100_000),
    `{"slug":"deep","x":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
  ]) {
    const answer = await send(raw);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatchObject([{ type: "json_invalid", msg: "JSON decode error" }]);
  }
});

it("keys nobody asked for are ignored, and set nothing [R7]", async () => {
  const user = await someone();
  const slug = unique("acme");
  const id = crypto.randomUUID();
  const more = `"id":"${id}","uuid":"${id}","type":"v3enterprise","blocking_state":"manager","max_users":99,"limits":{},"created_by":1,"createdBy":1,"version":9,"came_from":"x","__proto__":{"title":"P"},"constructor":{"prototype":1},"toString":1`;
  const made = await user.post("/api/v1/accounts", undefined, {
    raw: `{"slug":"${slug}",${more}}`,
    headers: json,
  });
  expect(made.status).toBe(201);
  const changed = await user.patch(`/api/v1/account/${slug}`, undefined, { raw: `{${more}}`, headers: json });
  expect([changed.status, changed.body]).toEqual([200, null]);
  const account = await user.get(`/api/v1/account/${slug}`);
  expect(account.body).toMatchObject({
    id: made.body.id,
    slug,
    title: slug,
    type: "stash-trial",
    blocking_state: "unblocked",
    max_users: 10,
    limits: { upload: null, usage: null },
  });
  expect(made.body.id).not.toBe(id);
});

it("of a key given twice the last counts [R8]", async () => {
  const slug = unique("acme");
  const answer = await send(`{"slug":"NO","slug":"${slug}"}`);
  expect(answer.status).toBe(201);
});
