/** The operations outside the APIs: health, readiness, the OpenAPI document and the docs page. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { usageObjectsWith } from "../../support/cost-meter.ts";
import { anonymous, createUser } from "../../support/fixtures.ts";
import { logosWith } from "../../support/logos.ts";
import { operationsOf } from "../../support/openapi-schema.ts";
import { failingDatabase, workerWith } from "../../support/worker.ts";

const allFail = failingDatabase(() => true, new Error("D1_ERROR: secret statement"));

describe("/healthz", () => {
  it("/healthz is 200 while the worker runs, whatever else fails", async () => {
    for (const change of [{}, { ISSUERS: "{" }, { PUBLIC_URL: undefined }, { DB: allFail }]) {
      for (const headers of [{}, { Origin: "https://app.test" }]) {
        const answer = await anonymous.via(workerWith(change)).get("/healthz", { headers });
        const what = Object.keys({ ...change, ...headers });
        expect([what, answer.status, answer.body]).toEqual([what, 200, { status: "ok" }]);
      }
    }
  });
});

describe("/readyz", () => {
  it("/readyz is 200 when every part responds", async () => {
    const answer = await anonymous.get("/readyz");
    expect(answer.status).toBe(200);
    const parts = { configuration: "ok", database: "ok", usage: "ok", logos: "ok" };
    expect(answer.body).toMatchObject({ status: "ready", parts });
  });

  it.each([
    { name: "PUBLIC_URL", value: undefined },
    { name: "PUBLIC_URL", value: "" },
    { name: "PUBLIC_URL", value: "roster.test" },
    { name: "PUBLIC_URL", value: "https://roster.test/?x=1" },
    { name: "PUBLIC_URL", value: "https://roster.test/path" },
    { name: "PUBLIC_URL", value: "http://roster.test" },
    { name: "SIGN_IN_URL", value: "http://app.test/login" },
    { name: "INVITE_SECRET", value: "sixteen characters" },
    { name: "ISSUERS", value: undefined },
    { name: "ISSUERS", value: "{" },
    { name: "ISSUERS", value: "{}" },
    { name: "ISSUERS", value: '[{"issuer":"https://x"}]' },
    { name: "OPERATORS", value: "nobody" },
    { name: "CORS_ORIGINS", value: "*" },
    { name: "CORS_ORIGINS", value: "https://app.test/path" },
    { name: "DEFAULT_PLAN", value: "gold" },
    { name: "MAX_OWNED_ACCOUNTS", value: "-1" },
    { name: "MAX_OWNED_ACCOUNTS", value: "many" },
    { name: "RATE_LIMITS", value: "maybe" },
    { name: "REQUEST_LOG", value: "1" },
    { name: "READ_REPLICAS", value: "near" },
    { name: "SERVER_TIMING", value: "true" },
  ])("/readyz is 503 and names the variable when $name is $value", async ({ name, value }) => {
    const answer = await anonymous.via(workerWith({ [name]: value })).get("/readyz");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("Retry-After")).toMatch(/^\d+$/);
    expect(answer.body).toMatchObject({ status: "unready", parts: { database: "ok" } });
    expect(answer.body.parts.configuration).toContain(name);
  });

  it("/readyz names the variable to a page of another origin too", async () => {
    const worker = workerWith({ CORS_ORIGINS: "*" });
    const answer = await anonymous.via(worker).get("/readyz", { headers: { Origin: "https://app.test" } });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain("CORS_ORIGINS");
  });

  it("/readyz is 200 and names the part that is down if usage or logos are, because everything else works", async () => {
    const fail = () => Promise.reject(new Error("secret"));
    const down = { USAGE: usageObjectsWith(fail), LOGOS: logosWith({ head: fail }) };
    for (const [binding, part, other] of [
      ["USAGE", "usage", "logos"],
      ["LOGOS", "logos", "usage"],
    ] as const) {
      const worker = workerWith({ [binding]: down[binding] });
      const answer = await anonymous.via(worker).get("/readyz");
      expect([answer.status, answer.body.status]).toEqual([200, "degraded"]);
      expect(answer.body.parts).toMatchObject({ configuration: "ok", database: "ok", [other]: "ok" });
      expect(answer.body.parts[part]).toMatch(/^unreachable/);
      expect(answer.text).not.toContain("secret");
    }
  });

  it("/readyz checks its parts at most every two seconds", async () => {
    let looks = 0;
    const head = () => {
      looks += 1;
      return Promise.resolve(null);
    };
    const worker = anonymous.via(workerWith({ LOGOS: logosWith({ head }) }));
    for (let asked = 0; asked < 5; asked += 1) expect((await worker.get("/readyz")).status).toBe(200);
    expect(looks).toBeLessThan(3);
  });

  it("/readyz is 503 if the database fails, without the database's message", async () => {
    const answer = await anonymous.via(workerWith({ DB: allFail })).get("/readyz");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("Retry-After")).toMatch(/^\d+$/);
    expect(answer.body).toMatchObject({ status: "unready", parts: { configuration: "ok" } });
    expect(answer.body.parts.database).not.toBe("ok");
    expect(answer.text).not.toContain("secret");
    expect(answer.text).not.toContain("D1_ERROR");
  });
});

it.each([
  { path: "/api/v1/user", body: { detail: expect.any(String) } },
  { path: "/accounts/organizations/", body: { detail: expect.any(String) } },
  { path: "/", body: { detail: expect.any(String) } },
])("$path is 503 with Retry-After while the configuration is invalid", async ({ path, body }) => {
  const user = (await createUser()).via(workerWith({ PUBLIC_URL: undefined }));
  const answer = await user.get(path);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("Retry-After")).toMatch(/^\d+$/);
  expect(answer.body).toEqual(body);
});

describe("/openapi.json", () => {
  it("the document is OpenAPI 3.1 with the service's address", async () => {
    const answer = await anonymous.get("/openapi.json");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toMatch(/^application\/json/);
    expect(answer.body.openapi).toMatch(/^3\.1\.\d$/);
    expect(answer.body.servers).toMatchObject([{ url: env.PUBLIC_URL }]);
    expect(answer.body.components.securitySchemes.bearer).toEqual({
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
    });
  });

  it("every operation has a unique and stable id", async () => {
    const operations = operationsOf((await anonymous.get("/openapi.json")).body);
    const ids = operations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
    const again = operationsOf((await anonymous.via(workerWith({})).get("/openapi.json")).body);
    expect(again.map(({ id }) => id)).toEqual(ids);
  });

  it("every path parameter is documented once", async () => {
    const { body } = await anonymous.get("/openapi.json");
    for (const { path, method } of operationsOf(body)) {
      const parameters: { in: string; name: string; required?: boolean }[] =
        body.paths[path][method].parameters ?? [];
      const inPath = parameters.filter((parameter) => parameter.in === "path");
      expect(inPath.map(({ name }) => name)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
      );
      expect(inPath.every(({ required }) => required === true)).toBe(true);
    }
  });

  it("every reference in the document resolves", async () => {
    const { text, body } = await anonymous.get("/openapi.json");
    const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      (match) => match[1] ?? "",
    );
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(body.components.schemas).toHaveProperty([name]);
  });

  it("the document has an ETag and is 304 for its current tag", async () => {
    const first = await anonymous.get("/openapi.json");
    const tag = first.headers.get("ETag") ?? "";
    expect(tag).toMatch(/^(?:W\/)?"[^"]+"$/);
    for (const known of [tag, `"other", ${tag}`, "*"]) {
      const again = await anonymous.get("/openapi.json", { headers: { "If-None-Match": known } });
      expect([again.status, again.text]).toEqual([304, ""]);
      expect(again.headers.get("ETag")).toBe(tag);
    }
    const changed = await anonymous.get("/openapi.json", { headers: { "If-None-Match": '"other"' } });
    expect([changed.status, changed.text]).toEqual([200, first.text]);
  });

  it("the document answers HEAD", async () => {
    const answer = await anonymous.send("HEAD", "/openapi.json");
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect(answer.headers.get("ETag")).toBe((await anonymous.get("/openapi.json")).headers.get("ETag"));
  });
});

describe("/docs", () => {
  const policy = (headers: Headers) => headers.get("Content-Security-Policy") ?? "";

  it("the docs page loads nothing from other sites", async () => {
    const answer = await anonymous.get("/docs");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toMatch(/^text\/html; charset=utf-8$/i);
    expect(policy(answer.headers)).toMatch(/default-src 'none'/);
    expect(policy(answer.headers)).toMatch(/script-src 'self'(?:;|$)/);
    expect(policy(answer.headers)).not.toMatch(/unsafe-eval|\*|https?:/);
    expect(answer.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(answer.text).not.toMatch(/<script>|<script [^>]*>[^<]/);
    const files = [...answer.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(files).not.toHaveLength(0);
    for (const file of files) {
      const loaded = await anonymous.get(file);
      const type = { js: /javascript/, css: /^text\/css/, png: /^image\/png/ }[file.split(".").at(-1) ?? ""];
      expect([file, loaded.status, loaded.headers.get("Content-Type")]).toEqual([
        file,
        200,
        expect.stringMatching(type ?? /^$/),
      ]);
      expect(policy(loaded.headers)).toMatch(/default-src 'none'/);
    }
  });

  it.each([
    "/docs/nothing.js",
    "/docs/index.html",
    "/docs/..%2Fopenapi.json",
    "/docs/%2e%2e/secret",
    "/docs/a/b.js",
    "/docs/swagger-ui.css.map",
    "/docs/swagger-ui.css%00",
    "/swagger-ui.css",
  ])("%s does not exist under /docs", async (path) => {
    const answer = await anonymous.get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ detail: "Not Found" });
  });
});
