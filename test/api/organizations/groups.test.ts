import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { builtInGroups } from "../../../src/domain/permissions.ts";
import {
  addToGroup,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { createInactiveUser, invalidPage } from "../../support/organizations.ts";

const path = "/accounts/groups/";

const shownGroups = builtInGroups.map(({ id, name, permissions }) => ({
  id,
  name,
  permissions: permissions.map(String).toSorted(),
}));

describe("the list of groups", () => {
  it("everyone gets the same groups by id, with sorted permissions", async () => {
    const body = { count: 3, next: null, previous: null, results: shownGroups };
    const owner = await createUser();
    await createAccount(owner);
    const supporter = await createUser();
    await addToGroup(supporter, 3);
    for (const caller of [await createUser(), owner, supporter, await createOperator()]) {
      expect(statusAndBody(await caller.get(path))).toEqual({ status: 200, body });
    }
    expect(shownGroups[1]?.permissions).toEqual(["account:read", "usage:read", "usage:write"]);
  });

  it("a group added in the database is listed, with and without permissions", async () => {
    const name = unique("group");
    await env.DB.prepare("INSERT INTO groups (id, name) VALUES (77, ?)").bind(name).run();
    try {
      const caller = await createUser();
      const last = async () => (await caller.get(path)).body.results.at(-1);
      expect(await last()).toEqual({ id: 77, name, permissions: [] });
      await env.DB.exec("INSERT INTO group_permissions VALUES (77, 'usage:read'), (77, 'account:read')");
      expect(await last()).toEqual({ id: 77, name, permissions: ["account:read", "usage:read"] });
    } finally {
      await env.DB.exec("DELETE FROM groups WHERE id = 77");
    }
  });

  it("pages have twenty groups whatever page_size says, and links to walk them", async () => {
    const rows = Array.from({ length: 40 }, (_, at) => `(${100 + at}, 'page ${100 + at}')`);
    await env.DB.exec(`INSERT INTO groups (id, name) VALUES ${rows.join(", ")}`);
    try {
      const caller = await createUser();
      const ids = ({ body }: { body: { results: { id: number }[] } }) => body.results.map(({ id }) => id);
      const first = await caller.get(`${path}?page_size=2`);
      expect([first.body.count, first.body.results.length, first.body.previous]).toEqual([43, 20, null]);
      expect(first.body.next).toMatch(/^https:\/\/roster\.test\/accounts\/groups\/\?cursor=/);
      const second = await caller.get(first.body.next);
      const third = await caller.get(second.body.next);
      expect(third.body.next).toBeNull();
      const all = [...ids(first), ...ids(second), ...ids(third)];
      expect(all).toEqual([1, 2, 3, ...Array.from({ length: 40 }, (_, at) => 100 + at)]);
      expect(ids(await caller.get(`${path}?page=2`))).toEqual(ids(second));
      expect(ids(await caller.get(`${path}?page=last`))).toEqual(ids(third));
      expect(ids(await caller.get(third.body.previous))).toEqual(ids(second));
    } finally {
      await env.DB.exec("DELETE FROM groups WHERE id >= 100");
    }
  });

  it.each(["0", "-1", "abc", "2", "1.5"])("page %s of the groups does not exist", async (page) => {
    const answer = await (await createUser()).get(`${path}?page=${page}`);
    expect(statusAndBody(answer)).toEqual({ status: 404, body: invalidPage });
  });

  it("the list ignores search and rejects foreign cursors", async () => {
    const caller = await createUser();
    expect((await caller.get(`${path}?search=nothing&name=x`)).body.count).toBe(3);
    expect(statusAndBody(await caller.get(`${path}?cursor=nonsense`))).toEqual({
      status: 404,
      body: invalidPage,
    });
    const nul = await caller.get(`${path}?page=%00`);
    expect(statusAndBody(nul)).toEqual({ status: 400, body: ["Null characters are not allowed."] });
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("groups cannot be changed: %s", async (method) => {
    const answer = await (await createOperator()).send(method, path);
    expect(statusAndBody(answer)).toEqual({
      status: 405,
      body: { detail: `Method "${method}" not allowed.` },
    });
    expect(answer.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
  });

  it("an inactive user gets 401 for any page", async () => {
    const caller = await createInactiveUser();
    expect((await caller.get(path)).status).toBe(401);
    expect((await caller.get(`${path}?page=0`)).status).toBe(401);
  });
});
