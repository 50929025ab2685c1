import { describe, expect, it } from "vitest";

import { addToGroup, Caller, makeAccount, makeToken, operator, someone, stranger, unique } from "../world.ts";
import {
  answered,
  inactive,
  invalidPage,
  list,
  makeAccountWithMember,
  missing,
  noCredentials,
  notAllowed,
  notFound,
  one,
  required,
  shown,
  someoneInactive,
} from "./requests.ts";

const nowhere = `${list}4b5c21f3-0d2f-4c58-9d0b-6b2f1f9d7a55/`;
const operations = [
  ["GET", list],
  ["POST", list],
  ["GET", nowhere],
  ["PUT", nowhere],
  ["PATCH", nowhere],
  ["DELETE", nowhere],
] as const;
const challenge = 'Bearer realm="api"';

describe("credentials", () => {
  it.each(operations)("are missing: %s %s", async (method, path) => {
    const answer = await stranger.send(method, path);
    expect(answered(answer)).toEqual({ status: 401, body: noCredentials });
    expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
  });

  it.each(operations)("are bad: %s %s", async (method, path) => {
    const answer = await new Caller("nonsense").send(method, path);
    expect(answered(answer)).toEqual({ status: 401, body: { detail: "Invalid token." } });
    expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
  });

  it.each(["Basic cm9vdDpyb290", "Token abc", "Bearer", "Bearer ", "abc"])(
    "of another scheme, or none behind it, count as missing: %s",
    async (header) => {
      const answer = await stranger.get(list, { headers: { Authorization: header } });
      expect(answered(answer)).toEqual({ status: 401, body: noCredentials });
      expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
    },
  );

  it("that have expired are bad", async () => {
    const token = await makeToken({ sub: unique("late") }, { expiresIn: -120 });
    const answer = await new Caller(token).get(list);
    expect(answered(answer)).toEqual({ status: 401, body: { detail: "Invalid token." } });
  });

  it("are read whatever the case of the scheme", async () => {
    const { token } = await someone();
    const answer = await stranger.get(list, { headers: { Authorization: `bearer ${token}` } });
    expect(answered(answer)).toEqual({
      status: 200,
      body: { count: 0, next: null, previous: null, results: [] },
    });
  });
});

describe("an inactive user learns only that", () => {
  it.each(operations)("%s %s", async (method, path) => {
    const caller = await someoneInactive();
    const answer = await caller.send(method, path);
    expect(answered(answer)).toEqual({ status: 401, body: inactive });
    expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
  });

  it.each([
    ["a bad field", "POST", list, { slug: "a b" }, {}],
    ["a body that is no object", "POST", list, [], {}],
    ["a media type that is not read", "POST", list, {}, { "Content-Type": "text/xml" }],
    ["a bad filter", "GET", `${list}?uuid=x`, undefined, {}],
    ["a NUL in the query", "GET", `${list}?search=%00`, undefined, {}],
    ["a bad page", "GET", `${list}?page=0`, undefined, {}],
    ["a page too high", "GET", `${list}?page=99`, undefined, {}],
    ["a bad cursor", "GET", `${list}?page=2&cursor=x`, undefined, {}],
    ["a malformed uuid", "GET", `${list}x/`, undefined, {}],
    ["a malformed uuid and a bad body", "PUT", `${list}x/`, [], {}],
    ["a wrong method", "PATCH", list, {}, {}],
    ["OPTIONS", "OPTIONS", list, undefined, {}],
  ] as const)("also with %s", async (_, method, path, body, headers) => {
    const caller = await someoneInactive();
    expect(answered(await caller.send(method, path, body, { headers }))).toEqual({
      status: 401,
      body: inactive,
    });
  });

  it("also with a body that is no JSON", async () => {
    const caller = await someoneInactive();
    const answer = await caller.post(list, {}, { raw: "{" });
    expect(answered(answer)).toEqual({ status: 401, body: inactive });
  });
});

describe("a member", () => {
  it.each(["PUT", "PATCH", "DELETE"])("may not %s", async (method) => {
    const { owner, account, member } = await makeAccountWithMember();
    const answer = await member.send(method, one(account), { name: "Mine", slug: unique() });
    expect(answered(answer)).toEqual({ status: 403, body: notAllowed });
    expect(answered(await owner.get(one(account)))).toEqual({ status: 200, body: shown(account) });
  });
});

describe("a group that only reads", () => {
  it.each([2, 3] as const)("%i may not change what it sees", async (group) => {
    const account = await makeAccount(await someone());
    const reader = await someone();
    await addToGroup(reader, group);
    expect(answered(await reader.get(one(account)))).toEqual({ status: 200, body: shown(account) });
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const answer = await reader.send(method, one(account), { name: "Mine", slug: unique() });
      expect(answered(answer)).toEqual({ status: 403, body: notAllowed });
    }
  });
});

describe("an organization that is not there and one that is not mine", () => {
  it.each(["GET", "PUT", "PATCH", "DELETE"])("look the same to %s [R3]", async (method) => {
    const account = await makeAccount(await someone());
    const outsider = await someone();
    const body = method === "GET" ? undefined : {};
    const absent = await outsider.send(method, `${list}${crypto.randomUUID()}/`, body);
    const hidden = await outsider.send(method, one(account), body);
    expect(answered(absent)).toEqual({ status: 404, body: missing });
    expect(answered(hidden)).toEqual({ status: 404, body: missing });
    expect(withoutRequestId(hidden.headers)).toEqual(withoutRequestId(absent.headers));
  });

  it("that is not there looks so to an operator too", async () => {
    const root = await operator();
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await root.send(method, nowhere);
      expect(answered(answer)).toEqual({ status: 404, body: missing });
    }
  });
});

describe("a uuid in the path", () => {
  it.each([
    ["in upper case", (id: string) => id.toUpperCase()],
    ["without hyphens", (id: string) => id.replaceAll("-", "")],
    ["in upper case without hyphens", (id: string) => id.replaceAll("-", "").toUpperCase()],
  ])("is found %s", async (_, spell) => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const path = `${list}${spell(account.id)}/`;
    expect(answered(await owner.get(path))).toEqual({ status: 200, body: shown(account) });
    expect(answered(await owner.patch(path, {}))).toEqual({ status: 200, body: shown(account) });
    expect(answered(await owner.delete(path))).toEqual({ status: 204, body: undefined });
  });

  it.each([
    "x",
    "0",
    "%00",
    "a.b",
    "%F0%9F%98%80",
    "4b5c21f3-0d2f-4c58-9d0b-6b2f1f9d7a5",
    "%E0%A4%A",
    "g".repeat(32),
  ])("that is malformed names nothing: %s", async (name) => {
    const owner = await someone();
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await owner.send(method, `${list}${name}/`);
      expect(answered(answer)).toEqual({ status: 404, body: notFound });
    }
  });

  it("is not a slug", async () => {
    const owner = await someone();
    const { slug } = await makeAccount(owner);
    expect(answered(await owner.get(`${list}${slug}/`))).toEqual({ status: 404, body: notFound });
  });
});

describe("the order of checks", () => {
  const html = { headers: { Accept: "text/html" } };

  it("puts what is accepted before credentials", async () => {
    const answer = await stranger.get(list, html);
    expect(answered(answer)).toEqual({
      status: 406,
      body: { detail: "Could not satisfy the request Accept header." },
    });
  });

  it("puts credentials before the method", async () => {
    expect(answered(await stranger.patch(list, {}))).toEqual({ status: 401, body: noCredentials });
    expect(answered(await stranger.send("OPTIONS", list))).toEqual({ status: 401, body: noCredentials });
  });

  it("puts the method before the object", async () => {
    const caller = await someone();
    for (const path of [nowhere, `${list}x/`]) {
      expect(answered(await caller.post(path, []))).toEqual({
        status: 405,
        body: { detail: 'Method "POST" not allowed.' },
      });
    }
  });

  it("puts the object before the body", async () => {
    const caller = await someone();
    const broken = { raw: "{", headers: { "Content-Type": "application/json" } };
    const xml = { raw: "<a/>", headers: { "Content-Type": "text/xml" } };
    for (const options of [broken, xml]) {
      expect(answered(await caller.put(nowhere, undefined, options))).toEqual({ status: 404, body: missing });
      expect(answered(await caller.patch(`${list}x/`, undefined, options))).toEqual({
        status: 404,
        body: notFound,
      });
    }
  });

  it("puts permission before the body", async () => {
    const { account, member } = await makeAccountWithMember();
    const broken = { raw: "{", headers: { "Content-Type": "application/json" } };
    expect(answered(await member.put(one(account), undefined, broken))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect(answered(await member.patch(one(account), { slug: "a b" }))).toEqual({
      status: 403,
      body: notAllowed,
    });
  });

  it("puts the body before its fields", async () => {
    const caller = await someone();
    const answer = await caller.post(list, undefined, { raw: "{}", headers: { "Content-Type": "text/xml" } });
    expect(answered(answer)).toEqual({
      status: 415,
      body: { detail: 'Unsupported media type "text/xml" in request.' },
    });
    expect(answered(await caller.post(list, {}))).toEqual({
      status: 400,
      body: { name: [required], slug: [required] },
    });
  });

  it("puts filters before the page", async () => {
    const caller = await someone();
    expect(answered(await caller.get(`${list}?uuid=x&page=0`))).toEqual({
      status: 400,
      body: { uuid: ["Enter a valid UUID."] },
    });
    expect(answered(await caller.get(`${list}?page=0`))).toEqual({ status: 404, body: invalidPage });
  });
});

function withoutRequestId(headers: Headers): object {
  const { "x-request-id": _, ...rest } = Object.fromEntries(headers);
  return rest;
}
