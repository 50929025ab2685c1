import { describe, expect, it } from "vitest";

import { setAccount } from "../accounts/rows.ts";
import { addToGroup, makeAccount, operator, someone, unique, type Caller } from "../world.ts";
import { answered, makeMember, missing, someoneInactive } from "./requests.ts";

const path = "/accounts/portal/";

function portal(slug: string): object {
  return { status: 200, body: { account_portal_url: `https://roster.test/portal/${slug}` } };
}
const none = { status: 200, body: { account_portal_url: null } };
const refused = { status: 404, body: missing };

/** Names the organization in the query, then in the header. */
async function named(caller: Caller, name: string): Promise<object[]> {
  const query = await caller.get(`${path}?organization=${encodeURIComponent(name)}`);
  const header = await caller.get(path, { headers: { "X-Organization": name } });
  return [answered(query), answered(header)];
}

describe("the portal", () => {
  it("is that of the caller's only organization, for owners and members", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const member = await makeMember(account);
    expect(answered(await owner.get(path))).toEqual(portal(account.slug));
    expect(answered(await member.get(path))).toEqual(portal(account.slug));
  });

  it("is null for who is in none, and for who is in several and names none", async () => {
    const caller = await someone();
    expect(answered(await caller.get(path))).toEqual(none);
    await makeAccount(caller);
    await makeAccount(caller);
    expect(answered(await caller.get(path))).toEqual(none);
    expect(answered(await caller.get(`${path}?organization=`))).toEqual(none);
    expect(answered(await caller.get(path, { headers: { "X-Organization": " " } }))).toEqual(none);
  });

  it("is that of the organization named, by uuid or slug, in the query before the header", async () => {
    const caller = await someone();
    const [one, other] = [await makeAccount(caller), await makeAccount(caller)];
    for (const name of [one.id, one.id.toUpperCase(), one.slug, one.slug.toUpperCase(), ` ${one.slug} `]) {
      expect(await named(caller, name)).toEqual([portal(one.slug), portal(one.slug)]);
    }
    const both = await caller.get(`${path}?organization=${one.slug}`, {
      headers: { "X-Organization": other.slug },
    });
    expect(answered(both)).toEqual(portal(one.slug));
  });

  it("of another's organization looks like that of none", async () => {
    const foreign = await makeAccount(await someone());
    const owner = await someone();
    await makeAccount(owner);
    for (const caller of [owner, await someone()]) {
      for (const name of [foreign.id, foreign.slug, crypto.randomUUID(), unique("nothing"), "' or 1=1"]) {
        expect(await named(caller, name)).toEqual([refused, refused]);
      }
    }
  });

  it("of any organization is told to who may read them all", async () => {
    const foreign = await makeAccount(await someone());
    const reader = await someone();
    await addToGroup(reader, 3);
    for (const caller of [reader, await operator()]) {
      expect(await named(caller, foreign.slug)).toEqual([portal(foreign.slug), portal(foreign.slug)]);
      expect(await named(caller, unique("nothing"))).toEqual([refused, refused]);
    }
    expect(answered(await reader.get(path))).toEqual(none);
  });

  it("of a blocked organization is told, and of a renamed one follows", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const slug = unique("renamed");
    await owner.patch(`/api/v1/account/${account.slug}`, { slug });
    await setAccount(account, { blocking_state: "manager" });
    expect(answered(await owner.get(path))).toEqual(portal(slug));
    expect(await named(owner, account.slug)).toEqual([refused, refused]);
  });

  it("is not for a user who is inactive", async () => {
    expect((await (await someoneInactive()).get(path)).status).toBe(401);
  });

  it("refuses a NUL in the query", async () => {
    const answer = await (await someone()).get(`${path}?organization=a%00`);
    expect(answered(answer)).toEqual({ status: 400, body: ["Null characters are not allowed."] });
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("is only read: %s", async (method) => {
    const answer = await (await someone()).send(method, path);
    expect(answered(answer)).toEqual({ status: 405, body: { detail: `Method "${method}" not allowed.` } });
    expect(answer.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
  });
});
