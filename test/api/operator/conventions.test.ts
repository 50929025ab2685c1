/** Paths, methods and bodies of the operator API. */
import { describe, expect, it } from "vitest";

import {
  anonymous,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  accountPath,
  blockingPath,
  countAuditRows,
  noRole,
  operatorPath,
  userPath,
  userRefOf,
  zonePath,
  zonesPath,
} from "../../support/operator.ts";

const id = crypto.randomUUID();

it.each([
  operatorPath,
  `${operatorPath}/`,
  `${operatorPath}/accounts`,
  `${operatorPath}/@account`,
  `${operatorPath}/@account/acme/more`,
  `${operatorPath}/@account/acme/blocking_status/more`,
  `${operatorPath}/@zone/${id}/accounts`,
  `${operatorPath}/@user`,
  `${operatorPath}/@groups`,
  `${operatorPath}/%40accounts2`,
  "/api/manage2/@accounts",
])("%s is 404 for every caller", async (path) => {
  for (const caller of [anonymous, await createUser(), await createOperator()])
    for (const method of ["GET", "POST", "PATCH", "DELETE"])
      expect(statusAndBody(await caller.send(method, path))).toEqual({
        status: 404,
        body: { detail: "Not Found" },
      });
});

it.each([
  { method: "POST", path: `${operatorPath}/@accounts`, allowed: "GET" },
  { method: "DELETE", path: `${operatorPath}/@account/acme`, allowed: "GET, PATCH" },
  { method: "PUT", path: `${operatorPath}/@account/acme`, allowed: "GET, PATCH" },
  { method: "GET", path: `${operatorPath}/@account/acme/blocking_status`, allowed: "PATCH" },
  { method: "POST", path: `${operatorPath}/@account/acme/blocking_status`, allowed: "PATCH" },
  { method: "PATCH", path: zonesPath, allowed: "GET, POST" },
  { method: "DELETE", path: zonesPath, allowed: "GET, POST" },
  { method: "POST", path: zonePath({ id }), allowed: "GET, PATCH, DELETE" },
  { method: "PUT", path: zonePath({ id: "none" }), allowed: "GET, PATCH, DELETE" },
  { method: "POST", path: `${operatorPath}/@users`, allowed: "GET" },
  { method: "DELETE", path: userPath({ id }), allowed: "GET, PATCH" },
  { method: "PUT", path: userPath({ id }), allowed: "GET, PATCH" },
  { method: "POST", path: `${operatorPath}/@audit`, allowed: "GET" },
  { method: "DELETE", path: `${operatorPath}/@audit`, allowed: "GET" },
  { method: "OPTIONS", path: `${operatorPath}/@accounts`, allowed: "GET" },
])("$method of $path is 405 for every caller", async ({ method, path, allowed }) => {
  for (const caller of [anonymous, await createUser(), await createOperator()]) {
    const answer = await caller.send(method, path);
    expect(statusAndBody(answer)).toEqual({ status: 405, body: { detail: "Method Not Allowed" } });
    expect(answer.headers.get("Allow")).toBe(allowed);
  }
});

it("a path with a trailing slash redirects to the path without it and keeps the query", async () => {
  const root = await createOperator();
  for (const [path, query] of [
    [`${operatorPath}/@accounts`, "?page_size=5&search=a%20b"],
    [`${operatorPath}/@account/acme`, ""],
    [`${operatorPath}/@account/acme/blocking_status`, "?x=1"],
    [zonesPath, ""],
    [zonePath({ id }), ""],
    [`${operatorPath}/@users`, "?page=2"],
    [`${operatorPath}/@audit`, ""],
  ] as const)
    for (const caller of [anonymous, root])
      for (const method of ["GET", "PATCH"]) {
        const answer = await caller.send(method, `${path}/${query}`);
        expect([answer.status, answer.headers.get("Location")]).toEqual([307, path + query]);
      }
});

describe("HEAD", () => {
  it("HEAD answers like GET without a body", async () => {
    const root = await createOperator();
    const account = await createAccount(await createUser());
    const user = await userRefOf(await createUser());
    const zone = { id: (await root.get(zonesPath)).body.items[0].id };
    const lists = [
      `${operatorPath}/@accounts`,
      zonesPath,
      `${operatorPath}/@users`,
      `${operatorPath}/@audit`,
    ];
    for (const path of [...lists, accountPath(account), zonePath(zone), userPath(user)]) {
      const [got, head] = [await root.get(path), await root.send("HEAD", path)];
      expect([path, head.status, head.text]).toEqual([path, 200, ""]);
      for (const name of ["Content-Type", "ETag", "Cache-Control"])
        expect(head.headers.get(name)).toBe(got.headers.get(name));
    }
  });

  it("HEAD is rejected like GET", async () => {
    const root = await createOperator();
    const statuses = async (path: string) => [
      (await anonymous.send("HEAD", path)).status,
      (await (await createUser()).send("HEAD", path)).status,
      (await root.send("HEAD", path)).status,
    ];
    expect(await statuses(accountPath({ id }))).toEqual([401, 403, 404]);
    expect(await statuses(zonePath({ id: "none" }))).toEqual([401, 403, 422]);
    expect(await statuses(blockingPath({ id }))).toEqual([405, 405, 405]);
  });
});

describe("a body", () => {
  const json = { "Content-Type": "application/json" };

  it("a body over 1 MiB is rejected before anything else", async () => {
    const body = { detail: "Request body is larger than 1 MiB" };
    for (const caller of [anonymous, await createUser(), await createOperator()]) {
      const raw = "x".repeat(1024 * 1024 + 1);
      expect(
        statusAndBody(await caller.patch(accountPath({ id }), undefined, { raw, headers: json })),
      ).toEqual({
        status: 413,
        body,
      });
    }
  });

  it("a malformed body or one of another type changes nothing", async () => {
    const root = await createOperator();
    const path = accountPath(await createAccount(await createUser()));
    const before = await countAuditRows();
    const broken = await root.patch(path, undefined, { raw: '{"type": "v3pro"', headers: json });
    expect(statusAndBody(broken)).toEqual({
      status: 422,
      body: {
        detail: [
          {
            type: "json_invalid",
            loc: ["body", 16],
            msg: "JSON decode error",
            input: {},
            ctx: { error: "Expected ',' or '}' after property value" },
          },
        ],
      },
    });
    const raw = '{"type":"v3pro"}';
    const form = await root.patch(path, undefined, { raw, headers: { "Content-Type": "text/plain" } });
    expect(form.body.detail).toMatchObject([{ type: "model_attributes_type", loc: ["body"], input: raw }]);
    const bytes = await root.patch(path, undefined, { raw: new Uint8Array([0xff, 0xfe]), headers: json });
    expect(statusAndBody(bytes)).toEqual({
      status: 400,
      body: { detail: "There was an error parsing the body" },
    });
    expect(await countAuditRows()).toBe(before);
  });

  it("the body of a GET or DELETE is ignored", async () => {
    const root = await createOperator();
    const options = { raw: "{broken", headers: json };
    const { body } = await root.post(zonesPath, {
      slug: unique("zone"),
      title: "Zone",
      cloud_provider: "AWS",
    });
    expect((await root.delete(zonePath(body), options)).status).toBe(204);
    const refused = await (await createUser()).delete(zonePath(body), options);
    expect(statusAndBody(refused)).toEqual({ status: 403, body: noRole });
  });
});
