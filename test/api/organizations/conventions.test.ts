import { describe, expect, it } from "vitest";

import {
  addToGroup,
  anonymous,
  Caller,
  createAccount,
  createOperator,
  createToken,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createAccountWithMember,
  createInactiveUser,
  inactive,
  invalidPage,
  noCredentials,
  noOrganization,
  notAllowed,
  notFound,
  organizationBody,
  organizationPath,
  organizationsPath,
  required,
} from "../../support/organizations.ts";

const nowhere = `${organizationsPath}4b5c21f3-0d2f-4c58-9d0b-6b2f1f9d7a55/`;
const operations = [
  { method: "GET", path: organizationsPath },
  { method: "POST", path: organizationsPath },
  { method: "GET", path: nowhere },
  { method: "PUT", path: nowhere },
  { method: "PATCH", path: nowhere },
  { method: "DELETE", path: nowhere },
] as const;
const challenge = 'Bearer realm="api"';

describe("credentials", () => {
  it.each(operations)("a request without credentials is refused: $method $path", async ({ method, path }) => {
    const answer = await anonymous.send(method, path);
    expect(statusAndBody(answer)).toEqual({ status: 401, body: noCredentials });
    expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
  });

  it.each(operations)(
    "a request with an invalid token is refused: $method $path",
    async ({ method, path }) => {
      const answer = await new Caller("nonsense").send(method, path);
      expect(statusAndBody(answer)).toEqual({ status: 401, body: { detail: "Invalid token." } });
      expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
    },
  );

  it.each(["Basic cm9vdDpyb290", "Token abc", "Bearer", "Bearer ", "abc"])(
    "an Authorization header of another scheme or without a token counts as missing: %s",
    async (header) => {
      const answer = await anonymous.get(organizationsPath, { headers: { Authorization: header } });
      expect(statusAndBody(answer)).toEqual({ status: 401, body: noCredentials });
      expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
    },
  );

  it("an expired token is refused", async () => {
    const token = await createToken({ sub: unique("late") }, { expiresIn: -120 });
    const answer = await new Caller(token).get(organizationsPath);
    expect(statusAndBody(answer)).toEqual({ status: 401, body: { detail: "Invalid token." } });
  });

  it("the authorization scheme is case-insensitive", async () => {
    const { token } = await createUser();
    const answer = await anonymous.get(organizationsPath, { headers: { Authorization: `bearer ${token}` } });
    expect(statusAndBody(answer)).toEqual({
      status: 200,
      body: { count: 0, next: null, previous: null, results: [] },
    });
  });
});

describe("an inactive user", () => {
  it.each(operations)("an inactive user gets only 401: $method $path", async ({ method, path }) => {
    const caller = await createInactiveUser();
    const answer = await caller.send(method, path);
    expect(statusAndBody(answer)).toEqual({ status: 401, body: inactive });
    expect(answer.headers.get("WWW-Authenticate")).toBe(challenge);
  });

  it.each([
    { name: "a bad field", method: "POST", path: organizationsPath, body: { slug: "a b" }, headers: {} },
    { name: "a body that is no object", method: "POST", path: organizationsPath, body: [], headers: {} },
    {
      name: "a media type that is not read",
      method: "POST",
      path: organizationsPath,
      body: {},
      headers: { "Content-Type": "text/xml" },
    },
    {
      name: "a bad filter",
      method: "GET",
      path: `${organizationsPath}?uuid=x`,
      body: undefined,
      headers: {},
    },
    {
      name: "a NUL in the query",
      method: "GET",
      path: `${organizationsPath}?search=%00`,
      body: undefined,
      headers: {},
    },
    { name: "a bad page", method: "GET", path: `${organizationsPath}?page=0`, body: undefined, headers: {} },
    {
      name: "a page too high",
      method: "GET",
      path: `${organizationsPath}?page=99`,
      body: undefined,
      headers: {},
    },
    {
      name: "a bad cursor",
      method: "GET",
      path: `${organizationsPath}?page=2&cursor=x`,
      body: undefined,
      headers: {},
    },
    { name: "a malformed uuid", method: "GET", path: `${organizationsPath}x/`, body: undefined, headers: {} },
    {
      name: "a malformed uuid and a bad body",
      method: "PUT",
      path: `${organizationsPath}x/`,
      body: [],
      headers: {},
    },
    { name: "a wrong method", method: "PATCH", path: organizationsPath, body: {}, headers: {} },
    { name: "OPTIONS", method: "OPTIONS", path: organizationsPath, body: undefined, headers: {} },
  ] as const)("an inactive user gets only 401, also with $name", async ({ method, path, body, headers }) => {
    const caller = await createInactiveUser();
    expect(statusAndBody(await caller.send(method, path, body, { headers }))).toEqual({
      status: 401,
      body: inactive,
    });
  });

  it("an inactive user gets only 401, also with a body that is not JSON", async () => {
    const caller = await createInactiveUser();
    const answer = await caller.post(organizationsPath, {}, { raw: "{" });
    expect(statusAndBody(answer)).toEqual({ status: 401, body: inactive });
  });
});

describe("permissions of a member", () => {
  it.each(["PUT", "PATCH", "DELETE"])("a member may not %s", async (method) => {
    const { owner, account, member } = await createAccountWithMember();
    const answer = await member.send(method, organizationPath(account), { name: "Mine", slug: unique() });
    expect(statusAndBody(answer)).toEqual({ status: 403, body: notAllowed });
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
  });
});

describe("groups that may only read", () => {
  it.each([2, 3] as const)("a user of group %i cannot change what they see", async (group) => {
    const account = await createAccount(await createUser());
    const reader = await createUser();
    await addToGroup(reader, group);
    expect(statusAndBody(await reader.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const answer = await reader.send(method, organizationPath(account), { name: "Mine", slug: unique() });
      expect(statusAndBody(answer)).toEqual({ status: 403, body: notAllowed });
    }
  });
});

describe("missing and foreign organizations", () => {
  it.each(["GET", "PUT", "PATCH", "DELETE"])(
    "a missing organization and another tenant's look the same to %s [R3]",
    async (method) => {
      const account = await createAccount(await createUser());
      const outsider = await createUser();
      const body = method === "GET" ? undefined : {};
      const absent = await outsider.send(method, `${organizationsPath}${crypto.randomUUID()}/`, body);
      const hidden = await outsider.send(method, organizationPath(account), body);
      expect(statusAndBody(absent)).toEqual({ status: 404, body: noOrganization });
      expect(statusAndBody(hidden)).toEqual({ status: 404, body: noOrganization });
      expect(withoutRequestId(hidden.headers)).toEqual(withoutRequestId(absent.headers));
    },
  );

  it("a missing organization is also 404 for an operator", async () => {
    const root = await createOperator();
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await root.send(method, nowhere);
      expect(statusAndBody(answer)).toEqual({ status: 404, body: noOrganization });
    }
  });
});

describe("a uuid in the path", () => {
  it.each([
    { name: "in upper case", spell: (id: string) => id.toUpperCase() },
    { name: "without hyphens", spell: (id: string) => id.replaceAll("-", "") },
    { name: "in upper case without hyphens", spell: (id: string) => id.replaceAll("-", "").toUpperCase() },
  ])("an organization is found by its uuid $name", async ({ spell }) => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const path = `${organizationsPath}${spell(account.id)}/`;
    expect(statusAndBody(await owner.get(path))).toEqual({ status: 200, body: organizationBody(account) });
    expect(statusAndBody(await owner.patch(path, {}))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
    expect(statusAndBody(await owner.delete(path))).toEqual({ status: 204, body: undefined });
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
  ])("a malformed uuid is 404: %s", async (name) => {
    const owner = await createUser();
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      const answer = await owner.send(method, `${organizationsPath}${name}/`);
      expect(statusAndBody(answer)).toEqual({ status: 404, body: notFound });
    }
  });

  it("a slug in place of the uuid is 404", async () => {
    const owner = await createUser();
    const { slug } = await createAccount(owner);
    expect(statusAndBody(await owner.get(`${organizationsPath}${slug}/`))).toEqual({
      status: 404,
      body: notFound,
    });
  });
});

describe("the order of checks", () => {
  const html = { headers: { Accept: "text/html" } };

  it("406 precedes 401", async () => {
    const answer = await anonymous.get(organizationsPath, html);
    expect(statusAndBody(answer)).toEqual({
      status: 406,
      body: { detail: "Could not satisfy the request Accept header." },
    });
  });

  it("401 precedes 405", async () => {
    expect(statusAndBody(await anonymous.patch(organizationsPath, {}))).toEqual({
      status: 401,
      body: noCredentials,
    });
    expect(statusAndBody(await anonymous.send("OPTIONS", organizationsPath))).toEqual({
      status: 401,
      body: noCredentials,
    });
  });

  it("405 precedes 404", async () => {
    const caller = await createUser();
    for (const path of [nowhere, `${organizationsPath}x/`]) {
      expect(statusAndBody(await caller.post(path, []))).toEqual({
        status: 405,
        body: { detail: 'Method "POST" not allowed.' },
      });
    }
  });

  it("404 precedes errors of the body", async () => {
    const caller = await createUser();
    const broken = { raw: "{", headers: { "Content-Type": "application/json" } };
    const xml = { raw: "<a/>", headers: { "Content-Type": "text/xml" } };
    for (const options of [broken, xml]) {
      expect(statusAndBody(await caller.put(nowhere, undefined, options))).toEqual({
        status: 404,
        body: noOrganization,
      });
      expect(statusAndBody(await caller.patch(`${organizationsPath}x/`, undefined, options))).toEqual({
        status: 404,
        body: notFound,
      });
    }
  });

  it("403 precedes errors of the body", async () => {
    const { account, member } = await createAccountWithMember();
    const broken = { raw: "{", headers: { "Content-Type": "application/json" } };
    expect(statusAndBody(await member.put(organizationPath(account), undefined, broken))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect(statusAndBody(await member.patch(organizationPath(account), { slug: "a b" }))).toEqual({
      status: 403,
      body: notAllowed,
    });
  });

  it("an unreadable body precedes errors of its fields", async () => {
    const caller = await createUser();
    const answer = await caller.post(organizationsPath, undefined, {
      raw: "{}",
      headers: { "Content-Type": "text/xml" },
    });
    expect(statusAndBody(answer)).toEqual({
      status: 415,
      body: { detail: 'Unsupported media type "text/xml" in request.' },
    });
    expect(statusAndBody(await caller.post(organizationsPath, {}))).toEqual({
      status: 400,
      body: { name: [required], slug: [required] },
    });
  });

  it("invalid filters precede an invalid page", async () => {
    const caller = await createUser();
    expect(statusAndBody(await caller.get(`${organizationsPath}?uuid=x&page=0`))).toEqual({
      status: 400,
      body: { uuid: ["Enter a valid UUID."] },
    });
    expect(statusAndBody(await caller.get(`${organizationsPath}?page=0`))).toEqual({
      status: 404,
      body: invalidPage,
    });
  });
});

function withoutRequestId(headers: Headers): object {
  const { "x-request-id": _, ...rest } = Object.fromEntries(headers);
  return rest;
}
