/** Paths and methods of the operator's face. */
import { describe, expect, it } from "vitest";

import { makeAccount, operator, someone, stranger, unique } from "../world.ts";
import {
  answered,
  blocking,
  changeCount,
  face,
  managed,
  noRole,
  oneUser,
  oneZone,
  userOf,
  zones,
} from "./face.ts";

const id = crypto.randomUUID();

it.each([
  face,
  `${face}/`,
  `${face}/accounts`,
  `${face}/@account`,
  `${face}/@account/acme/more`,
  `${face}/@account/acme/blocking_status/more`,
  `${face}/@zone/${id}/accounts`,
  `${face}/@user`,
  `${face}/@groups`,
  `${face}/%40accounts2`,
  "/api/manage2/@accounts",
])("%s is nothing, whoever asks", async (path) => {
  for (const caller of [stranger, await someone(), await operator()])
    for (const method of ["GET", "POST", "PATCH", "DELETE"])
      expect(answered(await caller.send(method, path))).toEqual({
        status: 404,
        body: { detail: "Not Found" },
      });
});

it.each([
  ["POST", `${face}/@accounts`, "GET"],
  ["DELETE", `${face}/@account/acme`, "GET, PATCH"],
  ["PUT", `${face}/@account/acme`, "GET, PATCH"],
  ["GET", `${face}/@account/acme/blocking_status`, "PATCH"],
  ["POST", `${face}/@account/acme/blocking_status`, "PATCH"],
  ["PATCH", zones, "GET, POST"],
  ["DELETE", zones, "GET, POST"],
  ["POST", oneZone({ id }), "GET, PATCH, DELETE"],
  ["PUT", oneZone({ id: "none" }), "GET, PATCH, DELETE"],
  ["POST", `${face}/@users`, "GET"],
  ["DELETE", oneUser({ id }), "GET, PATCH"],
  ["PUT", oneUser({ id }), "GET, PATCH"],
  ["POST", `${face}/@audit`, "GET"],
  ["DELETE", `${face}/@audit`, "GET"],
  ["OPTIONS", `${face}/@accounts`, "GET"],
])("%s is no method of %s, whoever asks", async (method, path, allowed) => {
  for (const caller of [stranger, await someone(), await operator()]) {
    const answer = await caller.send(method, path);
    expect(answered(answer)).toEqual({ status: 405, body: { detail: "Method Not Allowed" } });
    expect(answer.headers.get("Allow")).toBe(allowed);
  }
});

it("a slash at the end leads to the path without it, query and all", async () => {
  const root = await operator();
  for (const [path, query] of [
    [`${face}/@accounts`, "?page_size=5&search=a%20b"],
    [`${face}/@account/acme`, ""],
    [`${face}/@account/acme/blocking_status`, "?x=1"],
    [zones, ""],
    [oneZone({ id }), ""],
    [`${face}/@users`, "?page=2"],
    [`${face}/@audit`, ""],
  ] as const)
    for (const caller of [stranger, root])
      for (const method of ["GET", "PATCH"]) {
        const answer = await caller.send(method, `${path}/${query}`);
        expect([answer.status, answer.headers.get("Location")]).toEqual([307, path + query]);
      }
});

describe("HEAD", () => {
  it("answers as GET does, without the body", async () => {
    const root = await operator();
    const account = await makeAccount(await someone());
    const user = await userOf(await someone());
    const zone = { id: (await root.get(zones)).body.items[0].id };
    const lists = [`${face}/@accounts`, zones, `${face}/@users`, `${face}/@audit`];
    for (const path of [...lists, managed(account), oneZone(zone), oneUser(user)]) {
      const [got, head] = [await root.get(path), await root.send("HEAD", path)];
      expect([path, head.status, head.text]).toEqual([path, 200, ""]);
      for (const name of ["Content-Type", "ETag", "Cache-Control"])
        expect(head.headers.get(name)).toBe(got.headers.get(name));
    }
  });

  it("is refused as GET is", async () => {
    const root = await operator();
    const statuses = async (path: string) => [
      (await stranger.send("HEAD", path)).status,
      (await (await someone()).send("HEAD", path)).status,
      (await root.send("HEAD", path)).status,
    ];
    expect(await statuses(managed({ id }))).toEqual([401, 403, 404]);
    expect(await statuses(oneZone({ id: "none" }))).toEqual([401, 403, 422]);
    expect(await statuses(blocking({ id }))).toEqual([405, 405, 405]);
  });
});

describe("a body", () => {
  const json = { "Content-Type": "application/json" };

  it("over 1 MiB is refused before anything else", async () => {
    const body = { detail: "Request body is larger than 1 MiB" };
    for (const caller of [stranger, await someone(), await operator()]) {
      const raw = "x".repeat(1024 * 1024 + 1);
      expect(answered(await caller.patch(managed({ id }), undefined, { raw, headers: json }))).toEqual({
        status: 413,
        body,
      });
    }
  });

  it("that is broken, or of another type, changes nothing", async () => {
    const root = await operator();
    const path = managed(await makeAccount(await someone()));
    const before = await changeCount();
    const broken = await root.patch(path, undefined, { raw: '{"type": "v3pro"', headers: json });
    expect(answered(broken)).toEqual({
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
    expect(answered(bytes)).toEqual({ status: 400, body: { detail: "There was an error parsing the body" } });
    expect(await changeCount()).toBe(before);
  });

  it("of a GET or DELETE is not looked at", async () => {
    const root = await operator();
    const options = { raw: "{broken", headers: json };
    const { body } = await root.post(zones, { slug: unique("zone"), title: "Zone", cloud_provider: "AWS" });
    expect((await root.delete(oneZone(body), options)).status).toBe(204);
    const refused = await (await someone()).delete(oneZone(body), options);
    expect(answered(refused)).toEqual({ status: 403, body: noRole });
  });
});
