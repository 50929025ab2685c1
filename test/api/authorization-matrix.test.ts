/** Every operation of the document × every kind of caller. */
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { type CredentialFault, knownCallers, unauthenticated } from "../support/callers.ts";
import { costs } from "../support/costs/all.ts";
import { addIdempotencyKey } from "../support/costs/operation-cost.ts";
import { anonymous, type ApiResponse, createAccount, createUser } from "../support/fixtures.ts";
import { type Operation, operationsOf, type Schema, schemaErrors } from "../support/openapi-schema.ts";
import { noRole } from "../support/operator.ts";
import { errorBody } from "./authorization-errors.ts";
import {
  type AuthorizationRow,
  authorizationRows,
  furtherRows,
  refusedToAccessTokens,
  statusesOf,
} from "./authorization-rows.ts";

const bodies: Readonly<Record<"organizations" | "accounts", Record<CredentialFault, unknown>>> = {
  organizations: {
    missing: { detail: "Authentication credentials were not provided." },
    bad: { detail: "Invalid token." },
    inactive: { detail: "User inactive or deleted." },
  },
  accounts: {
    missing: { detail: "Not authenticated" },
    bad: { detail: "Invalid or expired token" },
    inactive: { detail: "User inactive or deleted" },
  },
};

const document: Schema = (await anonymous.get("/openapi.json")).body;
const published = operationsOf(document);

it("every operation of the document has a row here and in the permission table, and no row is of another [R1]", () => {
  const ids = published.map(({ id }) => id).sort();
  expect(Object.keys(authorizationRows).sort()).toEqual(ids);
  expect(Object.keys(operations).sort()).toEqual(ids);
});

it("every operation that is not open asks for a token in the document", () => {
  for (const { id, security } of published) {
    expect({ id, security }).toEqual({
      id,
      security: authorizationRows[id]?.[0] === 200 ? [] : [{ bearer: [] }],
    });
  }
});

describe.each(published)("$id", (operation) => {
  const row = authorizationRows[operation.id];
  if (row !== undefined) answersEveryCaller(operation, row);
});

describe.each(furtherRows.map(([id, about, row]) => ({ id, about, row })))("$id $about", ({ id, row }) => {
  const operation = published.find((one) => one.id === id);
  it("is an operation of the document", () => expect(operation?.id).toBe(id));
  if (operation !== undefined) answersEveryCaller(operation, row);
});

describe("whatever else is wrong with a request", () => {
  const takingValues = published.filter(({ id }) => costs[id as OperationId]?.invalid !== undefined);

  it.each(takingValues)("$id tells callers without good credentials that first", async (operation) => {
    const of = await createAccount(await createUser());
    for (const [name, [fault, makeCaller]] of Object.entries(unauthenticated)) {
      const answer = await costs[operation.id as OperationId].invalid?.(await makeCaller(), of);
      expect([name, answer?.status]).toEqual([name, 401]);
      expect([name, answer?.body]).toEqual([name, bodies[faceOf(operation)][fault]]);
    }
  });

  it.each(takingValues.filter(({ id }) => operations[id as OperationId] === "manage"))(
    "$id tells all but the operator that it is the operator's",
    async ({ id }) => {
      for (const { who, kind, make } of knownCallers) {
        const founder = await createUser();
        const of = await createAccount(founder);
        const answer = await costs[id as OperationId].invalid?.(await make(founder, of), of);
        expect([who, answer?.status]).toEqual([who, kind === "operator" ? 422 : 403]);
      }
    },
  );
});

describe("a key that is no Idempotency-Key", () => {
  const creating = published.filter(({ id }) => costs[id as OperationId]?.keyed !== undefined);
  const door = (request: Request) => exports.default.fetch(addIdempotencyKey(request, "k".repeat(256)));

  it.each(creating)("$id tells callers without good credentials that first", async (operation) => {
    const of = await createAccount(await createUser());
    for (const [name, [fault, makeCaller]] of Object.entries(unauthenticated)) {
      const caller = (await makeCaller()).via(door);
      const answer = await costs[operation.id as OperationId].send(caller, of);
      expect([name, answer.status]).toEqual([name, 401]);
      expect([name, answer.body]).toEqual([name, bodies[faceOf(operation)][fault]]);
    }
  });
});

describe("the operator's face", () => {
  const operators = published.filter(({ id }) => operations[id as OperationId] === "manage");

  it.each(operators)("$id tells everyone else the same, whatever there is", async ({ method, path }) => {
    const founder = await createUser();
    const of = await createAccount(founder);
    const zone = (await founder.get("/api/v1/zones")).body[0].id;
    const me = (await founder.get("/api/v1/user")).body.id;
    const missing = crypto.randomUUID();
    for (const { who, kind, make } of knownCallers.filter((one) => one.kind !== "operator")) {
      const caller = await make(founder, of);
      for (const name of [of.id, of.slug, zone, me, missing, "nonsense"]) {
        const asked = path.replace(/\{\w+\}/, name);
        const answer = await caller.send(method.toUpperCase(), asked, method === "get" ? undefined : {});
        expect([who, kind, answer.status, answer.body]).toEqual([who, kind, 403, noRole]);
      }
    }
  });
});

function faceOf({ path }: Operation): keyof typeof bodies {
  return path.startsWith("/accounts/") ? "organizations" : "accounts";
}

/** The facts of one row: what each kind of caller is answered, as the document says it. */
function answersEveryCaller(operation: Operation, row: AuthorizationRow): void {
  const { id, answers } = operation;
  const [withoutToken] = row;
  const send = row[9];
  const told = row[10] ?? {};
  const face = faceOf(operation);
  const realm = face === "organizations" ? 'Bearer realm="api"' : "Bearer";

  it(`answers ${withoutToken} to callers without good credentials [R1]`, async () => {
    const of = await createAccount(await createUser());
    for (const [name, [fault, makeCaller]] of Object.entries(unauthenticated)) {
      const answer = await send(await makeCaller(), of);
      expect([name, answer.status]).toEqual([name, withoutToken]);
      expect(answers).toHaveProperty(String(answer.status));
      if (withoutToken === 404) expect([name, answer.body]).toEqual([name, told[404]]);
      if (withoutToken !== 401) continue;
      expect([name, answer.body]).toEqual([name, bodies[face][fault]]);
      expect(answer.headers.get("WWW-Authenticate")).toBe(realm);
    }
  });

  const statuses = statusesOf(row);
  const expected = knownCallers.map(({ byToken, ...caller }) => ({
    ...caller,
    status: byToken === true && refusedToAccessTokens.includes(id) ? 403 : statuses[caller.kind],
  }));
  it.each(expected)("answers $status to $who [R1]", async ({ kind, status, make }) => {
    const founder = await createUser();
    const of = await createAccount(founder);
    const answer = await send(await make(founder, of), of);
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
    if (status >= 400) expect(answer.body).toEqual(errorBody(face, told, statuses, { kind, status }));
    expectDocumented(operation, answer);
  });
}

/** The answer is one the document tells, and fits what it says of it. */
function expectDocumented({ answers }: Operation, answer: ApiResponse): void {
  expect(answers).toHaveProperty(String(answer.status));
  const content = answers[String(answer.status)]?.content;
  if (content === undefined) {
    expect(answer.text).toBe("");
  } else if (content["application/json"] === undefined) {
    expect(Object.keys(content)).toContain(answer.headers.get("Content-Type")?.split(";", 1)[0]);
  } else {
    expect(answer.headers.get("Content-Type")).toMatch(/^application\/json/);
    expect(schemaErrors(document, content["application/json"].schema, answer.body)).toEqual([]);
  }
}
