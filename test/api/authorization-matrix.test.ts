/** Every operation of the document with every kind of caller. */
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { errorResponses as djangoErrors } from "../../src/http/django/errors.ts";
import { errorResponses as fastApiErrors } from "../../src/http/fastapi/errors.ts";
import {
  type KnownCaller,
  knownCallers,
  type UnauthenticatedCaller,
  unauthenticatedCallers,
} from "../support/callers.ts";
import { costs } from "../support/costs/all.ts";
import { addIdempotencyKey } from "../support/costs/operation-cost.ts";
import { sample } from "../support/effort.ts";
import {
  anonymous,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
} from "../support/fixtures.ts";
import { type Operation, operationsOf, type Schema, schemaErrors } from "../support/openapi-schema.ts";
import { noRole } from "../support/operator.ts";
import { accountsRows } from "./authorization/accounts.ts";
import { errorBody } from "./authorization/errors.ts";
import { operatorRows } from "./authorization/operator.ts";
import { organizationsRows } from "./authorization/organizations.ts";
import type { AuthorizationRow } from "./authorization/row.ts";
import { systemRows } from "./authorization/system.ts";

const errorResponses = { organizations: djangoErrors, accounts: fastApiErrors };

const bodies = {
  organizations: {
    missing: { detail: "Authentication credentials were not provided." },
    invalid: { detail: "Invalid token." },
    inactive: { detail: "User inactive or deleted." },
  },
  accounts: {
    missing: { detail: "Not authenticated" },
    invalid: { detail: "Invalid or expired token" },
    inactive: { detail: "User inactive or deleted" },
  },
} as const;

const document: Schema = (await anonymous.get("/openapi.json")).body;
const published = operationsOf(document) as (Operation & { readonly id: OperationId })[];
const rows = [...organizationsRows, ...accountsRows, ...operatorRows, ...systemRows];

it("every operation of the document has a row in the matrix and an entry in the permission table [R1]", () => {
  const ids = published.map(({ id }) => id).sort();
  expect(
    rows
      .filter(({ about }) => about === undefined)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(ids);
  expect(Object.keys(operations).sort()).toEqual(ids);
});

it("the document requires a token for every operation that does not answer without one", () => {
  for (const { id, statuses } of rows) {
    const security = statuses.unauthenticated === 401 ? [{ bearer: [] }] : [];
    expect({ id, security: operationOf(id).security }).toEqual({ id, security });
  }
});

describe.each(rows.map((row, index) => ({ ...row, index, name: nameOf(row) })))("$name", (row) => {
  const operation = operationOf(row.id);
  const { unauthenticated } = row.statuses;
  const api = apiOf(operation);

  it(`${row.name} answers ${unauthenticated} to callers without valid credentials [R1]`, async () => {
    const { account } = await sharedSetting();
    for (const caller of someUnauthenticated(row.index)) {
      const answer = await row.send(await getUnauthenticated(caller), account);
      expect([caller.who, answer.status]).toEqual([caller.who, unauthenticated]);
      expect(operation.answers).toHaveProperty(String(answer.status));
      expectErrorCode(api, answer);
      if (unauthenticated === 404) expect([caller.who, answer.body]).toEqual([caller.who, row.errors?.[404]]);
      if (unauthenticated !== 401) continue;
      expect([caller.who, answer.body]).toEqual([caller.who, bodies[api][caller.fault]]);
      const realm = api === "organizations" ? 'Bearer realm="api"' : "Bearer";
      expect(answer.headers.get("WWW-Authenticate")).toBe(realm);
    }
  });

  const cases = knownCallers.map((known) => ({
    known,
    who: known.who,
    status:
      known.usesAccessToken === true && row.refusesAccessTokens === true ? 403 : row.statuses[known.kind],
  }));
  it.each(cases)(`${row.name} answers $status to $who [R1]`, async ({ known, status }) => {
    // Reads and rejected requests change nothing, so they share an account for each kind of caller.
    const changes = operation.method !== "get" && status < 400;
    const shares = !changes && row.about === undefined;
    const { caller, account } = await (shares ? sharedSetting(known) : createSetting(known));
    const answer = await row.send(caller, account);
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
    if (status >= 400) expect(answer.body).toEqual(errorBody(api, row, { kind: known.kind, status }));
    expectErrorCode(api, answer);
    expectDocumented(operation, answer);
  });
});

describe("a request with invalid values", () => {
  const validating = published.flatMap(({ id }, index) => {
    const { invalid } = costs[id];
    return invalid === undefined ? [] : [{ id, index, invalid }];
  });

  it.each(validating)(
    "$id answers 401 to invalid values without valid credentials",
    async ({ id, index, invalid }) => {
      const { account } = await sharedSetting();
      for (const caller of someUnauthenticated(index)) {
        const answer = await invalid(await getUnauthenticated(caller), account);
        expect([caller.who, answer.status]).toEqual([caller.who, 401]);
        expect([caller.who, answer.body]).toEqual([caller.who, bodies[apiOf(operationOf(id))][caller.fault]]);
      }
    },
  );

  it.each(validating.filter(({ id }) => operations[id] === "manage"))(
    "$id answers 403 to invalid values from everyone but the operator",
    async ({ invalid }) => {
      for (const known of knownCallers) {
        const { caller, account } = await sharedSetting(known);
        const { status } = await invalid(caller, account);
        expect([known.who, status]).toEqual([known.who, known.kind === "operator" ? 422 : 403]);
      }
    },
  );
});

describe("an invalid Idempotency-Key", () => {
  const creating = published
    .map(({ id }, index) => ({ id, index }))
    .filter(({ id }) => costs[id].keyed !== undefined);
  const withInvalidKey = (request: Request) =>
    exports.default.fetch(addIdempotencyKey(request, "k".repeat(256)));

  it.each(creating)(
    "$id answers 401 to an invalid Idempotency-Key without valid credentials",
    async ({ id, index }) => {
      const { account } = await sharedSetting();
      for (const unauthenticated of someUnauthenticated(index)) {
        const caller = (await getUnauthenticated(unauthenticated)).via(withInvalidKey);
        const { who, fault } = unauthenticated;
        const answer = await costs[id].send(caller, account);
        expect([who, answer.status, answer.body]).toEqual([who, 401, bodies[apiOf(operationOf(id))][fault]]);
      }
    },
  );
});

describe("the operator API", () => {
  const ofOperators = published
    .map(({ id, method, path }, index) => ({ id, method, path, index }))
    .filter(({ id }) => operations[id] === "manage");

  it.each(ofOperators)(
    "$id answers the same to everyone but the operator, whether the resource exists or not",
    async ({ method, path, index }) => {
      const others = knownCallers.filter(({ kind }) => kind !== "operator");
      for (const [at, known] of others.entries()) {
        const { founder, caller, account } = await sharedSetting(known);
        const zone = (await founder.get("/api/v1/zones")).body[0].id;
        const user = (await founder.get("/api/v1/user")).body.id;
        const existing = sample([account.id, account.slug, zone, user], index + at);
        for (const id of [...existing, ...sample([crypto.randomUUID(), "nonsense"], index + at)]) {
          const target = path.replace(/\{\w+\}/, id);
          const answer = await caller.send(method.toUpperCase(), target, method === "get" ? undefined : {});
          expect([known.who, id, answer.status, answer.body]).toEqual([known.who, id, 403, noRole]);
        }
      }
    },
  );
});

/** Expects a code that the API's table has with this status; no code for a success. */
function expectErrorCode(api: keyof typeof bodies, { status, headers }: ApiResponse): void {
  const code = headers.get("X-Error-Code");
  const statuses: Readonly<Record<string, readonly [number, unknown]>> = errorResponses[api];
  if (status < 400) expect(code).toBeNull();
  else expect([code, statuses[code ?? ""]?.[0]]).toEqual([code, status]);
}

interface Setting {
  readonly founder: Caller;
  readonly account: TestAccount;
  readonly caller: Caller;
}

/** Creates an account, its founder and a caller. */
async function createSetting(known?: KnownCaller): Promise<Setting> {
  const founder = await createUser();
  const account = await createAccount(founder);
  return { founder, account, caller: (await known?.create(founder, account)) ?? founder };
}

const settings = new Map<KnownCaller | undefined, Promise<Setting>>();

/** Returns a setting that requests without effect share. */
function sharedSetting(known?: KnownCaller): Promise<Setting> {
  const setting = settings.get(known) ?? createSetting(known);
  settings.set(known, setting);
  return setting;
}

const created = new Map<UnauthenticatedCaller, Promise<Caller>>();

/** Returns the caller, created once for all tests. */
function getUnauthenticated(caller: UnauthenticatedCaller): Promise<Caller> {
  const promise = created.get(caller) ?? caller.create();
  created.set(caller, promise);
  return promise;
}

/** Returns the caller without credentials and some with invalid ones, which differ from test to test. */
function someUnauthenticated(index: number): readonly UnauthenticatedCaller[] {
  const [missing, ...others] = unauthenticatedCallers;
  return [...(missing === undefined ? [] : [missing]), ...sample(others, index, 2)];
}

function operationOf(id: OperationId): Operation {
  const operation = published.find((one) => one.id === id);
  if (operation === undefined) throw new Error(`The document has no operation ${id}`);
  return operation;
}

function nameOf({ id, about }: AuthorizationRow): string {
  return about === undefined ? id : `${id} ${about}`;
}

function apiOf({ path }: Operation): keyof typeof bodies {
  return path.startsWith("/accounts/") ? "organizations" : "accounts";
}

/** Asserts that the document has the response and that the body matches its schema. */
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
