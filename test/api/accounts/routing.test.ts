import { describe, expect, it } from "vitest";

import { setAccount } from "../../support/database.ts";
import { addToGroup, anonymous, Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";

const tooLarge = "x".repeat(1024 * 1024 + 1);
const raw = { raw: tooLarge, headers: { "Content-Type": "application/json" } };
const large = { detail: "Request body is larger than 1 MiB" };

describe("HEAD", () => {
  it("HEAD answers like GET without a body", async () => {
    const owner = await createUser();
    const { slug } = await createAccount(owner);
    for (const path of ["/api/v1/user", "/api/v1/accounts", "/api/v1/zones", `/api/v1/account/${slug}`]) {
      const got = await owner.get(path);
      const head = await owner.send("HEAD", path);
      expect(head.status).toBe(200);
      expect(head.text).toBe("");
      expect(head.headers.get("Content-Type")).toBe(got.headers.get("Content-Type"));
    }
  });

  it("HEAD is refused like GET", async () => {
    const { slug } = await createAccount(await createUser());
    const refused = await anonymous.send("HEAD", "/api/v1/user");
    expect([refused.status, refused.text]).toEqual([401, ""]);
    const unseen = await (await createUser()).send("HEAD", `/api/v1/account/${slug}`);
    expect([unseen.status, unseen.text]).toEqual([403, ""]);
    const unknown = await anonymous.send("HEAD", "/api/v1/nothing");
    expect([unknown.status, unknown.text]).toEqual([404, ""]);
  });
});

describe("OPTIONS", () => {
  it("OPTIONS without a preflight is 405 on every path", async () => {
    const user = await createUser();
    for (const caller of [user, anonymous]) {
      const answer = await caller.send("OPTIONS", "/api/v1/accounts", undefined, {
        headers: { Origin: "https://app.test" },
      });
      expect(answer.status).toBe(405);
      expect(answer.body).toEqual({ detail: "Method Not Allowed" });
    }
  });

  it("a preflight needs no token", async () => {
    const answer = await anonymous.send("OPTIONS", "/api/v1/accounts", undefined, {
      headers: { Origin: "https://app.test", "Access-Control-Request-Method": "POST" },
    });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe("");
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://app.test");
    expect(answer.headers.get("Access-Control-Allow-Methods")?.split(",")).toContain("POST");
  });
});

it.each([
  { method: "PUT", path: "/api/v1/accounts", allowed: ["GET", "POST"] },
  { method: "DELETE", path: "/api/v1/accounts", allowed: ["GET", "POST"] },
  { method: "POST", path: "/api/v1/account/anything", allowed: ["DELETE", "GET", "PATCH"] },
  { method: "PUT", path: "/api/v1/account/anything", allowed: ["DELETE", "GET", "PATCH"] },
  { method: "POST", path: "/api/v1/account/anything/status", allowed: ["GET"] },
  { method: "POST", path: "/api/v1/account/anything/zones", allowed: ["GET"] },
  { method: "POST", path: "/api/v1/user/welcome", allowed: ["GET"] },
  { method: "PATCH", path: "/api/v1/zones", allowed: ["GET"] },
  { method: "PROPFIND", path: "/api/v1/zones", allowed: ["GET"] },
])("$method $path is 405 with the allowed methods [R58]", async ({ method, path, allowed }) => {
  for (const caller of [anonymous, await createUser()]) {
    const answer = await caller.send(method, path);
    expect(answer.status).toBe(405);
    expect(answer.body).toEqual({ detail: "Method Not Allowed" });
    const reported = answer.headers.get("Allow")?.split(", ") ?? [];
    expect(reported.filter((name) => name !== "HEAD").sort()).toEqual(allowed);
  }
});

it.each([
  "/api/v1",
  "/api/v1/",
  "/api/v1/nothing",
  "/api/v1/account",
  "/api/v1/Accounts",
  "/api/v1//accounts",
  "/api/v1/account/a/b/c",
  "/api/v1/account//status",
  "/api/v2/accounts",
  "/api",
])("the unknown path %s is 404 for everybody", async (path) => {
  for (const caller of [anonymous, await createUser()]) {
    const answer = await caller.get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ detail: "Not Found" });
  }
});

describe("trailing slashes", () => {
  it.each(["GET", "POST", "PATCH", "DELETE", "PUT"])(
    "a trailing slash redirects with 307 and keeps %s and the query",
    async (method) => {
      const answer = await anonymous.send(method, "/api/v1/accounts/?a=1&b=%20x&a=2");
      expect(answer.status).toBe(307);
      const target = new URL(answer.headers.get("Location") ?? "", "https://roster.test/");
      expect(target.href).toBe("https://roster.test/api/v1/accounts?a=1&b=%20x&a=2");
      expect(answer.text).toBe("");
    },
  );

  it("a redirect never leads to another host [R64]", async () => {
    for (const path of [
      "/api/v1/account//evil.test/",
      "//evil.test/api/v1/accounts/",
      "/api/v1/%2F%2Fevil.test/",
    ]) {
      const location = (await anonymous.get(path)).headers.get("Location");
      if (location !== null) expect(new URL(location, "https://roster.test/").host).toBe("roster.test");
    }
  });

  it("an unknown path with a trailing slash is 404", async () => {
    for (const path of ["/api/v1/nothing/", "/api/v1/account/acme/logo-png/"]) {
      const answer = await anonymous.get(path);
      expect([answer.status, answer.body]).toEqual([404, { detail: "Not Found" }]);
    }
    expect((await anonymous.get("/api/v1/account/acme/logo.png/")).status).toBe(307);
  });

  it("a redirect keeps the path's spelling", async () => {
    const answer = await anonymous.get("/api/v1/account/Some%20Thing/");
    expect(answer.status).toBe(307);
    expect(answer.headers.get("Location")).toMatch(/\/api\/v1\/account\/Some%20Thing$/);
  });
});

describe("the order of checks", () => {
  it("an unknown route precedes the size of the body", async () => {
    const wrong = await anonymous.send("PUT", "/api/v1/accounts", undefined, raw);
    expect([wrong.status, wrong.body]).toEqual([405, { detail: "Method Not Allowed" }]);
    const unknown = await anonymous.send("POST", "/api/v1/nothing", undefined, raw);
    expect([unknown.status, unknown.body]).toEqual([404, { detail: "Not Found" }]);
  });

  it("the size of the body precedes the token", async () => {
    for (const caller of [anonymous, new Caller("bad"), await createUser()]) {
      const answer = await caller.post("/api/v1/accounts", undefined, raw);
      expect([answer.status, answer.body]).toEqual([413, large]);
    }
  });

  it("the token precedes errors of the body", async () => {
    for (const body of [{}, { slug: "NO" }, null, []]) {
      expect((await anonymous.post("/api/v1/accounts", body)).status).toBe(401);
    }
  });

  it("errors of the body precede the role", async () => {
    const { slug } = await createAccount(await createUser());
    const outsider = await createUser();
    for (const name of [slug, unique("free")]) {
      const answer = await outsider.patch(`/api/v1/account/${name}`, { title: 5 });
      expect(answer.status).toBe(422);
      expect(answer.body.detail[0]).toMatchObject({ type: "string_type", loc: ["body", "title"] });
    }
  });

  it("an unknown zone precedes the limit of owned accounts", async () => {
    const none = (await createUser()).via(workerWith({ MAX_OWNED_ACCOUNTS: "0" }));
    expect((await none.post("/api/v1/accounts", { slug: unique("a") })).status).toBe(403);
    expect((await none.post("/api/v1/accounts", { slug: unique("a"), zone: "nowhere" })).status).toBe(422);
  });

  it("role, block and limit precede a taken slug", async () => {
    const owner = await createUser();
    const taken = await createAccount(owner);
    const blocked = await createAccount(owner);
    await setAccount(blocked, { blocking_state: "manager" });
    const outsider = await createUser();
    expect((await outsider.patch(`/api/v1/account/${taken.slug}`, { slug: blocked.slug })).status).toBe(403);
    expect((await owner.patch(`/api/v1/account/${blocked.slug}`, { slug: taken.slug })).status).toBe(403);
    const none = outsider.via(workerWith({ MAX_OWNED_ACCOUNTS: "0" }));
    expect((await none.post("/api/v1/accounts", { slug: taken.slug })).status).toBe(403);
  });

  it("errors of the body precede a missing account, which precedes a taken slug", async () => {
    const taken = await createAccount(await createUser());
    const administrator = await createUser();
    await addToGroup(administrator, 1);
    const path = `/api/v1/account/${unique("free")}`;
    expect((await administrator.patch(path, { slug: "No!" })).status).toBe(422);
    expect((await administrator.patch(path, { slug: taken.slug })).status).toBe(404);
  });
});
