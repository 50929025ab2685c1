import { describe, expect, it } from "vitest";

import { type ApiResponse, createUser, unique } from "../../support/fixtures.ts";

const json = { "Content-Type": "application/json" };

async function send(raw: BodyInit, headers: Record<string, string> = json): Promise<ApiResponse> {
  return (await createUser()).post("/api/v1/accounts", undefined, { raw, headers });
}

describe("missing bodies", () => {
  it.each([
    { name: "no body", raw: "" },
    { name: "null", raw: "null" },
    { name: "null between spaces", raw: " null\n" },
  ])("a missing body is reported at loc body: $name", async ({ raw }) => {
    const answer = await send(raw);
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      detail: [{ type: "missing", loc: ["body"], msg: "Field required", input: null }],
    });
  });

  it("a missing body without a content type is reported the same way", async () => {
    const answer = await (await createUser()).post("/api/v1/accounts");
    expect(answer.body).toEqual({
      detail: [{ type: "missing", loc: ["body"], msg: "Field required", input: null }],
    });
  });
});

it.each([
  { raw: " ", error: "Unexpected end of JSON input", position: 1 },
  { raw: "{", error: "Expected property name or '}'", position: 1 },
  { raw: '{"slug": }', error: 'Unexpected token "}"', position: 9 },
  { raw: '{"slug":"a",}', error: "Expected double-quoted property name", position: 12 },
  { raw: "[1 2]", error: "Expected ',' or ']' after array element", position: 3 },
  { raw: '{"a":1}x', error: "Unexpected non-whitespace character after JSON", position: 7 },
  { raw: '"\\x"', error: "Bad escaped character", position: 2 },
  { raw: '{"a":undefined}', error: 'Unexpected token "u"', position: 5 },
])("malformed JSON is rejected: $raw", async ({ raw, error, position }) => {
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
  { raw: "[]", input: [] },
  { raw: '[{"slug":"acme"}]', input: [{ slug: "acme" }] },
  { raw: '"slug"', input: "slug" },
  { raw: "5", input: 5 },
  { raw: "true", input: true },
  { raw: "false", input: false },
  { raw: "0", input: 0 },
  { raw: '""', input: "" },
])("JSON that is not an object is rejected: $raw [R8]", async ({ raw, input }) => {
  const answer = await send(raw);
  expect(answer.status).toBe(422);
  expect(answer.body).toEqual({ detail: [{ ...noObject, loc: ["body"], input }] });
});

const noObject = {
  type: "model_attributes_type",
  msg: "Input should be a valid dictionary or object to extract fields from",
};

describe("content types", () => {
  it.each([
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "application/octet-stream",
    "json",
  ])("the content type %s is not read as JSON", async (type) => {
    const raw = '{"slug":"acme"}';
    const answer = await send(raw, { "Content-Type": type });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({ detail: [{ ...noObject, loc: ["body"], input: raw }] });
  });

  it("a body without a content type is not read as JSON, as in FastAPI since 0.132", async () => {
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
  ])("the content type %s is read as JSON", async (type) => {
    const answer = await send(`{"slug":"${unique("acme")}"}`, { "Content-Type": type });
    expect(answer.status).toBe(201);
  });

  it("the content type of a request without a body is ignored", async () => {
    const user = await createUser();
    const slug = unique("acme");
    await user.post("/api/v1/accounts", { slug });
    const headers = json;
    expect((await user.get("/api/v1/user", { headers })).status).toBe(200);
    expect((await user.get(`/api/v1/account/${slug}`, { headers })).status).toBe(200);
    expect((await user.delete(`/api/v1/account/${slug}`, { headers })).status).toBe(204);
  });

  it("a malformed body is ignored if the operation reads none", async () => {
    const user = await createUser();
    const slug = unique("acme");
    await user.post("/api/v1/accounts", { slug });
    expect((await user.delete(`/api/v1/account/${slug}`, { raw: "{", headers: json })).status).toBe(204);
  });
});

describe("encoding of bodies", () => {
  it("a body that is not UTF-8 is rejected", async () => {
    for (const bytes of [[0xff], [0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d], [0xed, 0xa0, 0x80]]) {
      const answer = await send(new Uint8Array(bytes));
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual({ detail: "There was an error parsing the body" });
    }
  });

  it("a byte order mark is accepted", async () => {
    const answer = await send(`\ufeff{"slug":"${unique("acme")}"}`);
    expect(answer.status).toBe(201);
  });
});

it("deeply nested JSON is rejected, complete or not [R62]", async () => {
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

it("unknown keys are ignored and set nothing [R7]", async () => {
  const user = await createUser();
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

it("the last of two equal keys counts [R8]", async () => {
  const slug = unique("acme");
  const answer = await send(`{"slug":"NO","slug":"${slug}"}`);
  expect(answer.status).toBe(201);
});
