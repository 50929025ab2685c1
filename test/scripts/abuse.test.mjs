import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Generator } from "../../scripts/abuse/generate.ts";
import { Judge } from "../../scripts/abuse/judge.ts";
import { Tally } from "../../scripts/abuse/report.ts";
import { pathOf, routeOf } from "../../scripts/abuse/routes.ts";
import { Tenant } from "../../scripts/abuse/seen.ts";
import { operationsOf } from "../http/schemas.ts";

const document = JSON.parse(await readFile("docs/openapi.json", "utf8"));
const operations = operationsOf(document);

/** Two tenants as the service has made them, whatever it called what it made. */
function world(id = "1") {
  const [one, other] = ["a", "b"].map((name) => {
    const tenant = new Tenant(name, `Marker${name}`);
    tenant.home = `0000000${id}-0000-4000-8000-00000000000${name}`;
    tenant.received.push({ guest: "guest", id: tenant.home });
    tenant.mailed.push({ guest: "guest", secret: `secret-of-${name}` });
    return tenant;
  });
  const caller = (name, tenant, sees) => ({ name, token: `token-of-${name}`, tenant, sees });
  const callers = {
    none: { ...caller("none", undefined, []), token: undefined },
    bad: caller("bad", undefined, []),
    outsider: caller("outsider", undefined, []),
    member: caller("member", one, [one]),
    owner: caller("owner", one, [one]),
    other: caller("other", other, [other]),
    reader: caller("reader", undefined, [one, other]),
    operator: caller("operator", undefined, [one, other]),
    token: caller("token", one, [one]),
  };
  return { tenants: [one, other], callers, guests: new Map(), leavers: [] };
}

const made = world();
const judge = new Judge(document, operations, made.tenants, ["a-long-secret"]);
const shot = (method, target, caller = made.callers.outsider) => ({
  caller,
  operation: operations[0],
  tenant: made.tenants[0],
  account: made.tenants[0].home,
  body: undefined,
  path: new Map(),
  sent: { method, target, headers: [["Authorization", `Bearer ${caller.token}`]], body: undefined },
});
const answer = (status, body, headers = {}) => ({
  status,
  headers: { "content-type": "application/json", "x-request-id": "id", ...headers },
  bytes: Buffer.from(""),
  text: body === undefined ? "" : JSON.stringify(body),
});
const faults = (asked, given) => judge.faults(asked, given);
const user = {
  id: "00000001-0000-4000-8000-000000000001",
  name: "Ada",
  email: "ada@example.com",
  type: "USER",
  language: null,
  last_login: null,
  avatar: null,
};

void test("the same seed asks for the same, another seed for something else", () => {
  const sent = (seed) => {
    const generator = new Generator(document, operations, world(), seed);
    return Array.from({ length: 300 }, (_, number) => {
      const { caller, sent: request } = generator.shot(number);
      return JSON.stringify([caller.name, request]);
    });
  };
  assert.deepEqual(sent(1), sent(1));
  assert.notDeepEqual(sent(1), sent(2));
});

void test("every round asks every operation once", () => {
  const generator = new Generator(document, operations, world(), 3);
  const ids = operations.map((_, number) => generator.shot(number).operation.id);
  assert.deepEqual(ids.toSorted(), operations.map(({ id }) => id).toSorted());
});

void test("nothing is asked that deletes, blocks or limits a tenant's home", () => {
  const generator = new Generator(document, operations, world(), 4);
  for (let number = 0; number < 3000; number += 1) {
    const { sent } = generator.shot(number);
    const path = pathOf(sent.target);
    const home = made.tenants.some((tenant) => path.includes(tenant.home));
    const harms =
      (sent.method === "DELETE" &&
        /^\/(?:api\/v1\/account\/[^/]+|accounts\/organizations\/[^/]+\/)$/.test(path)) ||
      (sent.method === "PATCH" && path.includes("/@account/"));
    assert.equal(home && harms, false, `${sent.method} ${path}`);
  }
});

void test("an answer as the document has it is none to complain of", () => {
  assert.deepEqual(faults(shot("GET", "/api/v1/user"), answer(200, user)), []);
  assert.deepEqual(faults(shot("HEAD", "/api/v1/user"), answer(200)), []);
  assert.deepEqual(faults(shot("POST", "/api/v1/user"), answer(405, { detail: "" }, { allow: "GET" })), []);
  assert.deepEqual(faults(shot("GET", "/api/v1/nothing"), answer(404, { detail: "Not Found" })), []);
});

void test("each kind of fault is told", () => {
  const asked = shot("GET", "/api/v1/user");
  const cases = [
    [answer(500, { detail: "" }), /does not declare 500; status 500/],
    [answer(418, { detail: "" }), /does not declare 418/],
    [answer(503, { detail: "" }), /status 503/],
    [answer(200, { ...user, id: 3 }), /answer\.id is 3/],
    [answer(200, { ...user, id: "3" }), /answer\.id is no uuid/],
    [answer(200, { ...user, secret: "x" }), /answer\.secret is not in the document/],
    [answer(200, { ...user, email: undefined }), /answer\.email is missing/],
    [answer(200, user, { "content-type": "text/html" }), /of type text\/html/],
    [answer(200, user, { "x-request-id": undefined }), /no X-Request-Id/],
    [answer(200, { ...user, name: "D1_ERROR: no such table" }), /machinery: D1_ERROR/],
    [answer(200, { ...user, name: "x\n    at run (a.js)" }), /machinery: \\n\s+at r/],
    [answer(200, { ...user, name: "of markerA's" }), /outsider is told of tenant a/],
    [answer(200, user, { location: "/Markerb" }), /outsider is told of tenant b/],
    [answer(200, { ...user, name: "a-long-secret" }), /a secret is told again/],
  ];
  for (const [given, words] of cases) assert.match(faults(asked, given).join("; "), words);
  assert.match(faults(shot("PUT", "/api/v1/user"), answer(405, { detail: "" })).join(), /405 without Allow/);
  assert.match(faults(shot("GET", "/nothing"), answer(200, {})).join(), /no operation has \/nothing/);
});

void test("a tenant's text may be told to its own, and to who sent it", () => {
  const given = answer(200, { ...user, name: "Markera" });
  assert.deepEqual(faults(shot("GET", "/api/v1/user", made.callers.owner), given), []);
  assert.deepEqual(faults(shot("GET", "/api/v1/user", made.callers.reader), given), []);
  assert.deepEqual(faults(shot("GET", "/api/v1/user?x=Markera"), given), []);
  assert.equal(faults(shot("GET", "/api/v1/user", made.callers.other), given).length, 1);
});

void test("a target reaches the operation that the service would choose", () => {
  const reached = (method, target) => {
    const route = routeOf(operations, method, target);
    return route.kind === "operation" ? route.operation.id : route.kind;
  };
  assert.equal(reached("GET", "/accounts/analysts/current/?a=1"), "getCurrentAnalyst");
  assert.equal(reached("HEAD", "/api/v1/account/x/%2e%2e/y"), "getAccount");
  assert.equal(reached("PUT", "/api/v1/account/x"), "method");
  assert.equal(reached("GET", "/api/v1/account/x/y/z/.."), "nothing");
  assert.equal(reached("GET", "/api/v1/account/%zz"), "getAccount");
});

void test("an operation that never succeeded, or never refused though it can, is told", () => {
  const tally = new Tally();
  const some = operations.filter(({ id }) => ["getUser", "getHealth", "listZones"].includes(id));
  tally.count("getUser", 200);
  tally.count("getHealth", 200);
  tally.count("listZones", 401);
  assert.deepEqual(tally.untried(some).toSorted(), ["getUser never refused", "listZones never succeeded"]);
});
