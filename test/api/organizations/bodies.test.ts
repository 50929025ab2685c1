import { describe, expect, it } from "vitest";

import { createAccount, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  expectCreated,
  organizationPath,
  organizationsPath,
  required,
  sendRaw,
} from "../../support/organizations.ts";

const json = "application/json";
const bothRequired = { status: 400, body: { name: [required], slug: [required] } };

describe("a body that is no object", () => {
  it.each([
    { name: "a list", raw: "[]", type: "list" },
    { name: "a list of objects", raw: '[{"name": "a", "slug": "b"}]', type: "list" },
    { name: "a text", raw: '"name"', type: "str" },
    { name: "an empty text", raw: '""', type: "str" },
    { name: "a number", raw: "1", type: "int" },
    { name: "zero", raw: "0", type: "int" },
    { name: "a fraction", raw: "1.5", type: "float" },
    { name: "true", raw: "true", type: "bool" },
    { name: "false", raw: "false", type: "bool" },
  ])("a body that is not an object is rejected: $name", async ({ raw, type }) => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const refused = {
      status: 400,
      body: { non_field_errors: [`Invalid data. Expected a dictionary, but got ${type}.`] },
    };
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, raw, json))).toEqual(refused);
    expect(statusAndBody(await sendRaw(owner, "PUT", organizationPath(account), raw, json))).toEqual(refused);
    expect(statusAndBody(await sendRaw(owner, "PATCH", organizationPath(account), raw, json))).toEqual(
      refused,
    );
  });

  // The framework has its own sentence for it (serializers.Serializer.errors).
  it("a null body is rejected as no data", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const refused = { status: 400, body: { non_field_errors: ["No data provided"] } };
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, "null", json))).toEqual(refused);
    expect(statusAndBody(await sendRaw(owner, "PATCH", organizationPath(account), "null", json))).toEqual(
      refused,
    );
  });
});

describe("no body", () => {
  it("a missing body counts as an empty object, whatever its media type", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    expect(statusAndBody(await owner.post(organizationsPath))).toEqual(bothRequired);
    for (const type of [json, "application/x-www-form-urlencoded", "multipart/form-data", "text/xml"]) {
      const options = { headers: { "Content-Type": type } };
      expect(statusAndBody(await owner.post(organizationsPath, undefined, options))).toEqual(bothRequired);
      expect(statusAndBody(await owner.put(organizationPath(account), undefined, options))).toEqual(
        bothRequired,
      );
      expect((await owner.patch(organizationPath(account), undefined, options)).status).toBe(200);
    }
  });
});

describe("malformed JSON", () => {
  it.each([
    { raw: "{", fault: "Expected property name or '}': line 1 column 2 (char 1)" },
    { raw: '{"a":}', fault: 'Unexpected token "}": line 1 column 6 (char 5)' },
    { raw: '{"a":1,}', fault: "Expected double-quoted property name: line 1 column 8 (char 7)" },
    { raw: "[1 2]", fault: "Expected ',' or ']' after array element: line 1 column 4 (char 3)" },
    { raw: "True", fault: 'Unexpected token "T": line 1 column 1 (char 0)' },
    { raw: " ", fault: "Unexpected end of JSON input: line 1 column 2 (char 1)" },
    {
      raw: '{"a":1}\n\nx',
      fault: "Unexpected non-whitespace character after JSON: line 3 column 1 (char 9)",
    },
    { raw: '"a\0"', fault: "Bad control character in string literal: line 1 column 3 (char 2)" },
  ])("malformed JSON is rejected with the error and its position: $raw", async ({ raw, fault }) => {
    const answer = await sendRaw(await createUser(), "POST", organizationsPath, raw, json);
    expect(statusAndBody(answer)).toEqual({ status: 400, body: { detail: `JSON parse error - ${fault}` } });
  });

  it("a body that is not UTF-8 is rejected", async () => {
    const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    const answer = await sendRaw(await createUser(), "POST", organizationsPath, bytes, json);
    expect(statusAndBody(answer)).toEqual({
      status: 400,
      body: { detail: "JSON parse error - the body is not UTF-8" },
    });
  });

  it("a rejected body changes nothing", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const answer = await sendRaw(owner, "PATCH", organizationPath(account), '{"name": "New",}', json);
    expect(statusAndBody(answer)).toEqual({
      status: 400,
      body: {
        detail: "JSON parse error - Expected double-quoted property name: line 1 column 16 (char 15)",
      },
    });
    expect((await owner.get(organizationPath(account))).body.name).toBe(account.title);
  });

  it.each([
    { name: "lists", open: "[", close: "]" },
    { name: "objects", open: '{"a":', close: "}" },
  ])("JSON nested 10,000 levels deep is rejected: $name [R62]", async ({ open, close }) => {
    const owner = await createUser();
    const closed = `${open.repeat(10_000)}1${close.repeat(10_000)}`;
    const character = open.length * 100;
    const refused = {
      status: 400,
      body: {
        detail: `JSON parse error - Nested too deeply: line 1 column ${character + 1} (char ${character})`,
      },
    };
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, closed, json))).toEqual(refused);
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, open.repeat(10_000), json))).toEqual(
      refused,
    );
  });
});

describe("media types of bodies", () => {
  it.each(["application/json; charset=utf-8", "APPLICATION/JSON", " application/json ;x=y"])(
    "the JSON media type is accepted in any case and with parameters: %s",
    async (type) => {
      const slug = unique();
      expectCreated(
        await sendRaw(
          await createUser(),
          "POST",
          organizationsPath,
          JSON.stringify({ name: "A", slug }),
          type,
        ),
        "A",
        slug,
      );
    },
  );

  it.each([
    "text/xml",
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/jsonx",
    "application/xml",
    "json",
    "*/*",
  ])("an unsupported media type is rejected: %s [R58]", async (type) => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const refused = { status: 415, body: { detail: `Unsupported media type "${type}" in request.` } };
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, "{}", type))).toEqual(refused);
    expect(statusAndBody(await sendRaw(owner, "PUT", organizationPath(account), "{}", type))).toEqual(
      refused,
    );
    expect(statusAndBody(await sendRaw(owner, "PATCH", organizationPath(account), "{}", type))).toEqual(
      refused,
    );
  });

  it("a body without a media type is rejected", async () => {
    const answer = await sendRaw(await createUser(), "POST", organizationsPath, "{}");
    expect(statusAndBody(answer)).toEqual({
      status: 415,
      body: { detail: 'Unsupported media type "" in request.' },
    });
  });
});

describe("the size limit of 1 MiB", () => {
  const limit = 1024 * 1024;
  const refused = { status: 413, body: { detail: "Request body is larger than 1 MiB." } };

  it.each([
    { method: "POST", path: organizationsPath },
    { method: "PUT", path: `${organizationsPath}${crypto.randomUUID()}/` },
    { method: "PATCH", path: `${organizationsPath}${crypto.randomUUID()}/` },
  ])("a body over 1 MiB is rejected: $method", async ({ method, path }) => {
    const owner = await createUser();
    expect(statusAndBody(await sendRaw(owner, method, path, padded(limit + 1), json))).toEqual(refused);
    expect(statusAndBody(await sendRaw(owner, method, path, streamed(limit + 1), json))).toEqual(refused);
  });

  it("a body of exactly 1 MiB is read to the last byte", async () => {
    const owner = await createUser();
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, padded(limit), json))).toEqual(
      bothRequired,
    );
    expect(statusAndBody(await sendRaw(owner, "POST", organizationsPath, streamed(limit), json))).toEqual(
      bothRequired,
    );
  });
});

function padded(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size).fill(0x20);
  bytes.set(new TextEncoder().encode("{}"));
  return bytes;
}

/** A body without Content-Length. */
function streamed(size: number): ReadableStream {
  const bytes = padded(size);
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= size) return controller.close();
      controller.enqueue(bytes.slice(at, at + 65_536));
      at += 65_536;
    },
  });
}
