/** Headers of every response, and request headers that are not trusted. */
import { describe, expect, it } from "vitest";

import {
  anonymous,
  type ApiResponse,
  createAccount,
  createUser,
  publicUrl,
  unique,
} from "../../support/fixtures.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const json = { "Content-Type": "application/json" };

/** Returns one response of each kind. */
async function everySort(headers: Record<string, string> = {}): Promise<Record<string, ApiResponse>> {
  const user = await createUser();
  const { slug, id } = await createAccount(user);
  const { headers: documentHeaders } = await anonymous.get("/openapi.json");
  const options = { headers };
  return {
    "200": await user.get(`/api/v1/account/${slug}`, options),
    "200 organizations": await user.get(`/accounts/organizations/${id}/`, options),
    "201": await user.post("/api/v1/accounts", { slug: unique("a") }, options),
    "204": await user.delete(`/api/v1/account/${slug}`, options),
    "204 preflight": await anonymous.send("OPTIONS", "/api/v1/accounts", undefined, {
      headers: { ...headers, Origin: "https://app.test", "Access-Control-Request-Method": "POST" },
    }),
    "301": await anonymous.get("/accounts/organizations", options),
    "304": await anonymous.get("/openapi.json", {
      headers: { ...headers, "If-None-Match": documentHeaders.get("ETag") ?? "" },
    }),
    "307": await anonymous.get("/api/v1/accounts/", options),
    "400": await user.post("/accounts/organizations/", {}, options),
    "401": await anonymous.get("/api/v1/user", options),
    "401 organizations": await anonymous.get("/accounts/organizations/", options),
    "403": await user.get("/api/v1/account/nobody", options),
    "404": await anonymous.get("/api/v1/nothing", options),
    "404 organizations": await anonymous.get("/accounts/nothing/", options),
    "404 elsewhere": await anonymous.get("/nothing", options),
    "405": await user.put("/api/v1/accounts", undefined, options),
    "405 organizations": await user.patch("/accounts/organizations/", undefined, options),
    "409": await user.post("/api/v1/accounts", { slug: (await createAccount(user)).slug }, options),
    "413": await user.post("/api/v1/accounts", undefined, {
      raw: "x".repeat(1024 * 1024 + 1),
      headers: { ...headers, ...json },
    }),
    "422": await user.post("/api/v1/accounts", {}, options),
    docs: await anonymous.get("/docs", options),
    "docs file": await anonymous.get("/docs/start.js", options),
    "docs file missing": await anonymous.get("/docs/nothing.js", options),
    "invite page": await anonymous.get("/invite", options),
    "invite file": await anonymous.get("/invite/page.js", options),
    "invite file missing": await anonymous.get("/invite/nothing.js", options),
    document: await anonymous.get("/openapi.json", options),
    health: await anonymous.get("/healthz", options),
    ready: await anonymous.get("/readyz", options),
    HEAD: await user.send("HEAD", "/api/v1/user", undefined, options),
    root: await anonymous.get("/", options),
  };
}

describe("X-Request-Id", () => {
  it("every response has its own X-Request-Id [R59]", async () => {
    const ids = Object.entries(await everySort()).map(([name, { status, headers }]) => {
      const expected = Number(/^\d+/.exec(name)?.[0] ?? status);
      const id = headers.get("X-Request-Id");
      expect([name, status, id]).toEqual([name, expected, expect.stringMatching(uuid)]);
      return id;
    });
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    { name: "letters, digits and - _ =", id: "abc-123_DEF=" },
    { name: "255 characters", id: "x".repeat(255) },
  ])("a valid X-Request-Id of the client is used: $name", async ({ id }) => {
    for (const [name, { headers }] of Object.entries(await everySort({ "X-Request-Id": id }))) {
      expect([name, headers.get("X-Request-Id")]).toEqual([name, id]);
    }
  });

  it.each(["a b", "x".repeat(256), "<script>", "a;b", "é", "", "%0d%0a", '"'])(
    "an invalid X-Request-Id is replaced: %j",
    async (id) => {
      const answer = await anonymous.get("/healthz", { headers: { "X-Request-Id": id } });
      expect(answer.headers.get("X-Request-Id")).toMatch(uuid);
    },
  );
});

describe("the security headers", () => {
  it("every response has the security headers [R61]", async () => {
    for (const [name, { headers }] of Object.entries(await everySort())) {
      expect({ name, ...Object.fromEntries(headers) }).toMatchObject({
        name,
        "x-content-type-options": "nosniff",
        "strict-transport-security": expect.stringMatching(/max-age=\d{7,}/),
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy": expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      });
      expect(headers.get("X-Powered-By")).toBeNull();
      expect(headers.get("Server")).toBeNull();
    }
  });

  it("a response with a caller's data must not be cached [R5]", async () => {
    for (const [name, { headers }] of Object.entries(await everySort())) {
      if (/doc|file|304/.test(name)) continue;
      const cacheControl = headers.has("ETag") ? "no-store, no-transform" : "no-store";
      expect([name, headers.get("Cache-Control")]).toEqual([name, cacheControl]);
    }
  });
});

describe("CORS", () => {
  it("an allowed origin may read every response, without credentials [R58]", async () => {
    for (const [name, { headers }] of Object.entries(await everySort({ Origin: "https://app.test" }))) {
      expect([name, headers.get("Access-Control-Allow-Origin")]).toEqual([name, "https://app.test"]);
      expect(headers.get("Access-Control-Allow-Credentials")).toBeNull();
      expect(headers.get("Vary")).toContain("Origin");
    }
  });

  it.each([
    "https://evil.test",
    "http://app.test",
    "https://app.test.evil.test",
    "https://sub.app.test",
    "https://app.test:8443",
    "https://app.test/",
    "HTTPS://APP.TEST",
    "null",
    "",
    "*",
  ])("an origin that is not allowed gets no CORS headers: %j [R58]", async (origin) => {
    const user = await createUser();
    const preflight = { Origin: origin, "Access-Control-Request-Method": "POST" };
    for (const answer of [
      await user.get("/api/v1/user", { headers: { Origin: origin } }),
      await user.get("/accounts/organizations/", { headers: { Origin: origin } }),
      await anonymous.send("OPTIONS", "/api/v1/accounts", undefined, { headers: preflight }),
      await anonymous.send("OPTIONS", "/accounts/organizations/", undefined, { headers: preflight }),
    ]) {
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
      expect(answer.headers.get("Access-Control-Allow-Credentials")).toBeNull();
    }
  });

  it("preflight responses allow the request headers that the APIs read and expose the headers they send", async () => {
    const preflight = await anonymous.send("OPTIONS", "/accounts/organizations/", undefined, {
      headers: {
        Origin: "https://app.test",
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization, content-type, x-organization, idempotency-key",
      },
    });
    expect(preflight.status).toBe(204);
    const list = (name: string) => preflight.headers.get(name)?.toLowerCase().split(/, ?/) ?? [];
    expect(list("Access-Control-Allow-Headers")).toEqual(
      expect.arrayContaining(["authorization", "content-type", "x-organization", "idempotency-key"]),
    );
    expect(list("Access-Control-Allow-Methods")).toEqual(
      expect.arrayContaining(["get", "head", "post", "put", "patch", "delete"]),
    );
    const answer = await anonymous.get("/api/v1/user", { headers: { Origin: "https://app.test" } });
    expect(answer.headers.get("Access-Control-Expose-Headers")?.toLowerCase().split(/, ?/)).toEqual(
      expect.arrayContaining(["etag", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"]),
    );
  });

  it("Vary: Origin is sent even if a request has no Origin", async () => {
    expect((await anonymous.get("/openapi.json")).headers.get("Vary")).toContain("Origin");
  });
});

describe("headers that a client may forge", () => {
  const forged = {
    Host: "evil.test",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-For": "127.0.0.1",
    "X-Original-URL": "/api/v1/zones",
    "X-Rewrite-URL": "/api/v1/zones",
    Forwarded: "host=evil.test;proto=http",
  };

  it("forwarded hosts do not appear in URLs of the service [R64]", async () => {
    const user = await createUser();
    const made = await createAccount(user);
    const answers = [
      await user.get("/", { headers: forged }),
      await user.get("/openapi.json", { headers: forged }),
      await user.get("/accounts/organizations/", { headers: forged }),
      await user.get("/api/v1/accounts/", { headers: forged }),
      await user.get("/accounts/organizations", { headers: forged }),
      await user.get(new URL(`/accounts/organizations/${made.id}/`, "https://evil.test").href, {
        headers: forged,
      }),
    ];
    for (const { text, headers } of answers) {
      expect(text).not.toContain("evil.test");
      expect(headers.get("Location") ?? "").not.toContain("evil.test");
    }
    expect(answers[0]?.body).toEqual({
      name: "Roster",
      docs: `${publicUrl}/docs`,
      openapi: `${publicUrl}/openapi.json`,
    });
    expect(answers[5]?.body).toMatchObject({ account_portal_url: `${publicUrl}/portal/${made.slug}` });
  });

  it.each(["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])(
    "a method override does not change the method: %s [R63]",
    async (name) => {
      const user = await createUser();
      const { slug, id } = await createAccount(user);
      const headers = { [name]: "DELETE" };
      expect((await user.get(`/api/v1/account/${slug}`, { headers })).status).toBe(200);
      expect((await user.post(`/api/v1/account/${slug}`, {}, { headers })).status).toBe(405);
      expect((await user.post(`/accounts/organizations/${id}/`, {}, { headers })).status).toBe(405);
      expect((await user.get(`/api/v1/account/${slug}?_method=DELETE`)).status).toBe(200);
      expect((await user.get(`/api/v1/account/${slug}`)).status).toBe(200);
    },
  );
});
