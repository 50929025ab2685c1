/** The OpenAPI document has every response and every accepted value. */
import { describe, expect, it } from "vitest";

import { anonymous, createAccount, createOperator, createUser } from "../../support/fixtures.ts";
import { operationsOf, type Schema, schemaErrors } from "../../support/openapi-schema.ts";
import { workerWith } from "../../support/worker.ts";

const document: Schema = (await anonymous.get("/openapi.json")).body;
const published = operationsOf(document);
const ofFaces = published.filter(({ path }) => /^\/(?:api|accounts)\//.test(path));
// A Request cannot have a body with GET, although clients can send one.
const takingBodies = ofFaces.filter(({ method }) => method !== "get");
const raw = `"${"x".repeat(2_200_000)}"`;

function filled(path: string): string {
  return path.replaceAll(/\{\w+\}/g, () => crypto.randomUUID());
}

it.each(takingBodies)("$id documents the response to a body that is too large", async ({ method, path }) => {
  const headers = { "Content-Type": "application/json" };
  const caller = await createUser();
  const answer = await caller.send(method.toUpperCase(), filled(path), undefined, { raw, headers });
  expect(answer.status).toBe(413);
});

it.each(ofFaces)(
  "$id documents the response to a null character in the query",
  async ({ method, path, answers }) => {
    const answer = await (await createUser()).send(method.toUpperCase(), `${filled(path)}?%00=1`);
    expect(Object.keys(answers)).toContain(String(answer.status));
    if (path.startsWith("/accounts/")) expect(answer.body).toEqual(["Null characters are not allowed."]);
  },
);

it("every operation documents 413, because any request may have a body", () => {
  expect(ofFaces.filter(({ answers }) => answers["413"] === undefined)).toEqual([]);
});

it("every error response except readiness documents the header X-Error-Code", () => {
  const missing = published
    .filter(({ id }) => id !== "getReadiness")
    .flatMap(({ id, answers }) =>
      Object.entries(answers)
        .filter(([status, { headers }]) => Number(status) >= 400 && headers?.["X-Error-Code"] === undefined)
        .map(([status]) => `${id} ${status}`),
    );
  expect(missing).toEqual([]);
});

it("every operation with the query parameter organization documents the header X-Organization", () => {
  const taking = (place: string, name: string) =>
    ofFaces
      .filter(({ parameters }) => parameters.some((one) => one.in === place && one.name === name))
      .map(({ id }) => id);
  const byQuery = taking("query", "organization");
  expect(byQuery).toHaveLength(5);
  expect(taking("header", "X-Organization")).toEqual(byQuery);
});

it("the document describes 304 for itself", async () => {
  const answer = await anonymous.get("/openapi.json", { headers: { "If-None-Match": "*" } });
  expect(answer.status).toBe(304);
  expect(Object.keys(published.find(({ id }) => id === "getDocument")?.answers ?? {})).toContain("304");
});

it.each(published.filter(({ path }) => !/^\/(?:api|accounts)\//.test(path)))(
  "$id documents the response of a service without configuration",
  async ({ path, answers }) => {
    const answer = await anonymous.via(workerWith({ PUBLIC_URL: undefined })).get(path);
    const content = answers[String(answer.status)]?.content ?? {};
    const type = answer.headers.get("Content-Type")?.split(";")[0] ?? "";
    expect(Object.keys(content)).toContain(type);
    if (type === "application/json") {
      expect(schemaErrors(document, content[type]?.schema ?? {}, answer.body)).toEqual([]);
    }
  },
);

it("a document generated for another address differs only in the address", async () => {
  const worker = workerWith({ PUBLIC_URL: "https://elsewhere.example" });
  const { body } = await anonymous.via(worker).get("/openapi.json");
  const servers = [{ url: "https://elsewhere.example", description: "This service" }];
  expect(body).toEqual({ ...document, servers });
});

describe("a null value", () => {
  const schemas = (document["components"] as { schemas: Record<string, Schema> }).schemas;
  const fits = (name: string, value: unknown) => schemaErrors(document, schemas[name] ?? {}, value);

  it("a null is documented where an operator's settings accept it", async () => {
    const account = await createAccount(await createUser());
    const limits = { upload: { upload_limit_max_media_file_size: null }, usage: null };
    const settings = {
      max_users: null,
      max_kbs: null,
      usage_limit: null,
      trial_expiration_date: null,
      limits,
    };
    expect(fits("AccountSettings", settings)).toEqual([]);
    const answer = await (await createOperator()).patch(`/api/manage/@account/${account.id}`, settings);
    expect(answer.status).toBe(200);
  });

  it("a null is documented where recorded usage accepts it", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const event = { id: "one", metric: "pages_processed", value: 1, knowledgebox: null, timestamp: null };
    expect(fits("UsageEvents", { events: [event] })).toEqual([]);
    const answer = await owner.post(`/api/v1/account/${account.id}/usage`, { events: [event] });
    expect(answer.body).toEqual({ accepted: 1, duplicates: 0, refused: [] });
  });

  it("a null is documented for the expiration date of a token", async () => {
    const body = { description: "a machine", expiration_date: null };
    expect(fits("AccessTokenBody", body)).toEqual([]);
    expect((await (await createUser()).post("/api/v1/user/pa_tokens", body)).status).toBe(201);
  });
});
