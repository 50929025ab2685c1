import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { FuzzRun } from "../../scripts/quality/fuzz/fuzz-run.ts";
import { observeResponse } from "../../scripts/quality/fuzz/observe-response.ts";
import { ResponseChecker } from "../../scripts/quality/fuzz/response-checker.ts";
import { World } from "../../scripts/quality/fuzz/world.ts";
import { operationsOf } from "../support/openapi-schema.ts";

const document = JSON.parse(await readFile("docs/openapi.json", "utf8"));
const operations = operationsOf(document);

/** Fills in what the service would return. */
function settle(world) {
  for (const tenant of world.tenants) {
    tenant.home = `00000001-0000-4000-8000-00000000000${tenant.name}`;
    tenant.accepted = { id: tenant.home, secret: `accepted-secret-of-${tenant.name}` };
    tenant.pending = { id: tenant.home, secret: `pending-secret-of-${tenant.name}` };
  }
  world.ownerToken.token = "token-of-the-owner";
  return world;
}

const world = settle(new World(1));
const [a, b] = world.tenants;
const checker = new ResponseChecker(document, operations, world);

function fuzzCase(method, target, caller = world.outsider, body) {
  return { caller, tenant: a, account: a.home, operation: operations[0], method, target, headers: [], body };
}

function response(status, body, headers = {}) {
  const text = body === undefined ? "" : JSON.stringify(body);
  return { status, text, headers: { "content-type": "application/json", "x-request-id": "id", ...headers } };
}

const user = {
  id: "00000001-0000-4000-8000-000000000001",
  name: "Ada",
  email: "ada@example.com",
  type: "USER",
  language: null,
  last_login: null,
  avatar: null,
};
const getUser = fuzzCase("GET", "/api/v1/user");

void test("the same seed sends the same requests, another seed sends others", () => {
  const requests = (seed) => {
    const run = new FuzzRun(document, seed, 400);
    settle(run.world);
    return [...run.cases()].map(({ caller, method, target, headers, body }) =>
      JSON.stringify([caller.name, method, target, headers, body && Buffer.from(body).toString("base64")]),
    );
  };
  assert.equal(requests(1).length, 400);
  assert.deepEqual(requests(1), requests(1));
  assert.notDeepEqual(requests(1), requests(2));
});

void test("a round contains each operation once", () => {
  const run = new FuzzRun(document, 3, 1000);
  settle(run.world);
  const ids = [...run.cases()].map(({ operation }) => operation.id);
  const round = new Set(ids.slice(0, new Set(ids).size));
  assert.deepEqual(round, new Set(ids));
});

void test("no request deletes, blocks or limits the home of a tenant", () => {
  const run = new FuzzRun(document, 4, 1500);
  settle(run.world);
  for (const { method, target } of run.cases()) {
    const { pathname } = new URL(target, "http://localhost");
    const isHome = run.world.tenants.some(({ home }) => pathname.includes(home));
    const isDeletion =
      method === "DELETE" && /^\/(?:api\/v1\/account|accounts\/organizations)\/[^/]+\/?$/.test(pathname);
    const isChange = method === "PATCH" && pathname.includes("/@account/");
    assert.ok(!isHome || !(isDeletion || isChange), `${method} ${target}`);
  }
});

void test("the ids of created resources are used in later requests until they are deleted", () => {
  const id = "00000002-0000-4000-8000-000000000002";
  const creation = operations.find((operation) => operation.id === "createUser");
  const deletion = operations.find((operation) => operation.id === "deleteUser");
  observeResponse(
    { ...fuzzCase("POST", creation.path, a.owner), operation: creation },
    response(201, { uuid: id }),
  );
  assert.deepEqual(a.ids.all("user"), [id]);
  observeResponse(
    { ...fuzzCase("DELETE", `/accounts/users/${id}/`, a.owner), operation: deletion },
    response(204),
  );
  assert.deepEqual(a.ids.all("user"), []);
});

void test("the checker accepts documented responses", () => {
  const accepted = [
    [getUser, response(200, user)],
    [fuzzCase("HEAD", "/api/v1/user"), response(200)],
    [fuzzCase("POST", "/api/v1/user"), response(405, { detail: "" }, { allow: "GET" })],
    [fuzzCase("GET", "/api/v1/nothing"), response(404, { detail: "Not Found" })],
    [
      fuzzCase("GET", "/accounts/analysts/./current/"),
      response(401, { detail: "" }, { "www-authenticate": "Bearer" }),
    ],
  ];
  for (const [request, given] of accepted) assert.deepEqual(checker.check(request, given), []);
});

void test("the checker rejects everything that a response must not be or contain", () => {
  a.ids.add("user", "00000003-0000-4000-8000-000000000003");
  const rejected = [
    [getUser, response(500, { detail: "" }), /getUser 500 is not documented; status is 500/],
    [getUser, response(503, { detail: "" }, { "retry-after": "5" }), /^status is 503$/],
    [getUser, response(418, { detail: "" }), /getUser 418 is not documented/],
    [getUser, response(200, { ...user, id: 3 }), /\/id must be string/],
    [getUser, response(200, { ...user, id: "3" }), /\/id must match format "uuid"/],
    [getUser, response(200, { ...user, secret: "x" }), /must NOT have unevaluated properties/],
    [getUser, response(200, { ...user, email: undefined }), /must have required property 'email'/],
    [
      getUser,
      response(200, user, { "content-type": "text/html" }),
      /getUser 200 has content type text\/html/,
    ],
    [getUser, response(200, user, { "x-request-id": undefined }), /X-Request-Id is missing/],
    [getUser, response(429, { detail: "" }), /retry-after is missing/],
    [getUser, response(401, { detail: "" }), /www-authenticate is missing/],
    [fuzzCase("PUT", "/api/v1/user"), response(405, { detail: "" }), /allow is missing/],
    [fuzzCase("HEAD", "/api/v1/user"), response(200, user), /getUser 200 has a body/],
    [fuzzCase("GET", "/nothing"), response(200, {}), /200 for a path or method that is not documented/],
    [getUser, response(200, { ...user, name: "D1_ERROR: no such table" }), /internals: D1_ERROR/],
    [getUser, response(200, { ...user, name: "x\n    at run (a.js)" }), /internals: \\n\s+at r/],
    [getUser, response(200, { ...user, name: `of ${a.marker}` }), /outsider sees Kestrel71a of tenant a/],
    [getUser, response(200, user, { location: `/${b.home}` }), /outsider sees 0{7}1-.* of tenant b/],
    [getUser, response(200, { ...user, id: a.ids.all("user")[0] }), /outsider sees 0{7}3-.* of tenant a/],
    [getUser, response(200, { ...user, name: b.accepted.secret }), /contains a secret/],
  ];
  for (const [request, given, reason] of rejected)
    assert.match(checker.check(request, given).join("; "), reason);
});

void test("the data of a tenant may be returned to its members, to operators and to callers who sent it", () => {
  const given = response(200, { ...user, name: a.marker });
  const sender = fuzzCase("GET", `/api/v1/user?x=${a.marker}`);
  const guest = fuzzCase("POST", "/api/v1/user", world.outsider, Buffer.from(a.pending.secret));
  for (const caller of [a.owner, world.reader, world.operator]) {
    assert.deepEqual(checker.check(fuzzCase("GET", "/api/v1/user", caller), given), []);
  }
  assert.deepEqual(checker.check(sender, given), []);
  assert.ok(!checker.check(guest, given).join("; ").includes("sees"));
  assert.equal(checker.check(fuzzCase("GET", "/api/v1/user", b.owner), given).length, 1);
});
