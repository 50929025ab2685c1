import { describe, expect, it } from "vitest";

import { anonymous, createAccount, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  expectCreated,
  newOrganization,
  notFound,
  onlyPage,
  organizationBody,
  organizationPath,
  organizationsPath,
} from "../../support/organizations.ts";

const listAllows = "GET, POST, HEAD, OPTIONS";
const oneAllows = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";

describe("Accept", () => {
  const refused = { status: 406, body: { detail: "Could not satisfy the request Accept header." } };

  it.each([
    "application/json",
    "*/*",
    "application/*",
    "application/json;q=0.9",
    "text/html, application/json;q=0.1",
    "text/html,*/*;q=0.8",
    "APPLICATION/JSON",
    "application/json; charset=utf-8",
  ])("an Accept header that allows JSON is answered with JSON: %s", async (accept) => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const answer = await owner.get(organizationPath(account), { headers: { Accept: accept } });
    expect(statusAndBody(answer)).toEqual({ status: 200, body: organizationBody(account) });
    expect(answer.headers.get("Content-Type")).toMatch(/^application\/json\b/);
    expect(answer.headers.get("Vary")).toContain("Accept");
  });

  it.each([
    "text/html",
    "text/*",
    "application/xml",
    "application/jsonx",
    "json",
    "text/html;q=1.0, image/png",
  ])("an Accept header without JSON is answered 406: %s [R58]", async (accept) => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const options = { headers: { Accept: accept } };
    expect(statusAndBody(await owner.get(organizationsPath, options))).toEqual(refused);
    expect(statusAndBody(await owner.get(organizationPath(account), options))).toEqual(refused);
    expect(statusAndBody(await owner.post(organizationsPath, newOrganization(), options))).toEqual(refused);
    expect(statusAndBody(await owner.delete(organizationPath(account), options))).toEqual(refused);
    expect(statusAndBody(await owner.post(organizationPath(account), {}, options))).toEqual(refused);
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
  });
});

describe("unsupported methods", () => {
  it.each(["PUT", "PATCH", "DELETE", "PROPFIND"])(
    "an unsupported method on the list is 405: %s",
    async (method) => {
      const answer = await (await createUser()).send(method, organizationsPath);
      expect(statusAndBody(answer)).toEqual({
        status: 405,
        body: { detail: `Method "${method}" not allowed.` },
      });
      expect(answer.headers.get("Allow")).toBe(listAllows);
    },
  );

  it.each(["POST", "PROPFIND"])("an unsupported method on one organization is 405: %s", async (method) => {
    const owner = await createUser();
    const answer = await owner.send(method, organizationPath(await createAccount(owner)));
    expect(statusAndBody(answer)).toEqual({
      status: 405,
      body: { detail: `Method "${method}" not allowed.` },
    });
    expect(answer.headers.get("Allow")).toBe(oneAllows);
  });

  it("headers and fields cannot override the method [R63]", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const headers = { "X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE" };
    const answer = await owner.post(
      `${organizationPath(account)}?_method=DELETE`,
      { _method: "DELETE" },
      { headers },
    );
    expect(answer.status).toBe(405);
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
  });
});

describe("OPTIONS", () => {
  const reported = {
    renders: ["application/json"],
    parses: ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
  };

  it("OPTIONS returns the allowed methods, whether the object exists or not", async () => {
    const caller = await createUser();
    for (const [path, allows] of [
      [organizationsPath, listAllows],
      [`${organizationsPath}${crypto.randomUUID()}/`, oneAllows],
      [`${organizationsPath}x/`, oneAllows],
    ] as const) {
      const answer = await caller.send("OPTIONS", path);
      expect(statusAndBody(answer)).toEqual({ status: 200, body: reported });
      expect(answer.headers.get("Allow")).toBe(allows);
    }
  });
});

describe("HEAD", () => {
  it("HEAD is GET without a body", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    for (const [path, status] of [
      [organizationsPath, 200],
      [organizationPath(account), 200],
      [`${organizationsPath}${crypto.randomUUID()}/`, 404],
      [`${organizationsPath}?page=2`, 404],
      [`${organizationsPath}?uuid=x`, 400],
    ] as const) {
      const head = await owner.send("HEAD", path);
      const get = await owner.get(path);
      expect({ status: head.status, text: head.text }).toEqual({ status, text: "" });
      expect(get.status).toBe(status);
      for (const name of ["Content-Type", "Allow", "Vary"]) {
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      }
    }
  });

  it("HEAD without credentials is refused without a body", async () => {
    const { status, text } = await anonymous.send("HEAD", organizationsPath);
    expect({ status, text }).toEqual({ status: 401, text: "" });
  });
});

describe("headers of every response", () => {
  it("every response has the Allow header of its path", async () => {
    const owner = await createUser();
    expect((await owner.get(organizationsPath)).headers.get("Allow")).toBe(listAllows);
    const account = await createAccount(owner);
    expect((await owner.get(organizationPath(account))).headers.get("Allow")).toBe(oneAllows);
    expect((await owner.patch(organizationPath(account), { slug: "" })).headers.get("Allow")).toBe(oneAllows);
  });

  it("every response has a request id", async () => {
    const owner = await createUser();
    const answers = [
      await owner.get(organizationsPath),
      await owner.get(`${organizationsPath}x/`),
      await owner.get("/accounts/nothing/"),
      await anonymous.get(organizationsPath),
      await owner.get("/accounts/organizations"),
    ];
    const ids = answers.map(({ headers }) => headers.get("X-Request-Id"));
    expect(ids.every((id) => id !== null && id.length >= 16)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("paths without the trailing slash", () => {
  const detail = `${organizationsPath}${crypto.randomUUID()}`;

  it.each([
    { method: "GET", status: 301 },
    { method: "HEAD", status: 301 },
    { method: "POST", status: 308 },
    { method: "PUT", status: 308 },
    { method: "PATCH", status: 308 },
    { method: "DELETE", status: 308 },
  ])(
    "$method to a path without the slash redirects with status $status and keeps the query",
    async ({ method, status }) => {
      const caller = await createUser();
      for (const path of ["/accounts/organizations", detail]) {
        const answer = await caller.send(method, `${path}?page=2&search=a%20b&x=%2F%2F`);
        expect(answer.status).toBe(status);
        expect(new URL(answer.headers.get("Location") ?? "", "https://roster.test").href).toBe(
          `https://roster.test${path}/?page=2&search=a%20b&x=%2F%2F`,
        );
      }
    },
  );

  it("following the redirect loses nothing of the request", async () => {
    const caller = await createUser();
    const body = newOrganization();
    const answer = await caller.post("/accounts/organizations", body);
    expectCreated(
      await caller.post(answer.headers.get("Location") ?? "", body),
      "Acme",
      String(body["slug"]),
    );
  });

  it.each([
    "/accounts//evil.com/organizations",
    "//evil.com/accounts/organizations",
    "/accounts/organizations//evil.com",
    "/accounts/organizations/%2F%2Fevil.com",
    "/accounts/organizations/%5C%5Cevil.com",
    "/accounts/organizations/\\evil.com",
    "/accounts/organizations/https:%2F%2Fevil.com",
    "/accounts/organizations/@evil.com",
    "/accounts/organizations/%0D%0ALocation:%20https:%2F%2Fevil.com",
    "/accounts/organizations?next=https://evil.com",
  ])("a redirect never leads to another host: %s [R64]", async (path) => {
    const headers = { Host: "evil.com", "X-Forwarded-Host": "evil.com", "X-Forwarded-Proto": "http" };
    const answer = await (await createUser()).get(new URL(`https://roster.test${path}`).href, { headers });
    const location = answer.headers.get("Location");
    expect([301, 404]).toContain(answer.status);
    expect(answer.status === 301).toBe(location !== null);
    if (location !== null)
      expect(new URL(location, "https://roster.test").origin).toBe("https://roster.test");
    expect(answer.text).not.toContain("evil");
  });

  it("a redirect needs no credentials", async () => {
    expect((await anonymous.get("/accounts/organizations")).headers.get("Location")).toBe(organizationsPath);
  });
});

describe("unknown paths", () => {
  it.each([
    "/accounts/",
    "/accounts",
    "/accounts/nothing/",
    "/accounts/organizations/x/y/",
    "/accounts/organizations//",
    "/accounts/Organizations/",
  ])("an unknown path is 404: %s", async (path) => {
    for (const method of ["GET", "POST", "DELETE"]) {
      expect(statusAndBody(await (await createUser()).send(method, path))).toEqual({
        status: 404,
        body: notFound,
      });
    }
  });
});

it("the Host header of a client changes nothing", async () => {
  const owner = await createUser();
  const account = await createAccount(owner);
  const headers = {
    Host: "evil.com",
    "X-Forwarded-Host": "evil.com",
    "X-Forwarded-Proto": "http",
    Forwarded: "host=evil.com",
  };
  expect(statusAndBody(await owner.get(organizationsPath, { headers }))).toEqual({
    status: 200,
    body: onlyPage(account),
  });
  const slug = unique();
  expectCreated(await owner.post(organizationsPath, { name: "Acme", slug }, { headers }), "Acme", slug);
});
