import { describe, expect, it } from "vitest";

import { setAccount } from "../../support/database.ts";
import {
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { createInactiveUser, createMember, noOrganization } from "../../support/organizations.ts";

const path = "/accounts/portal/";

function portal(slug: string): object {
  return { status: 200, body: { account_portal_url: `https://roster.test/portal/${slug}` } };
}
const none = { status: 200, body: { account_portal_url: null } };
const refused = { status: 404, body: noOrganization };

/** Specifies the organization in the query, then in the header. */
async function named(caller: Caller, name: string): Promise<object[]> {
  const query = await caller.get(`${path}?organization=${encodeURIComponent(name)}`);
  const header = await caller.get(path, { headers: { "X-Organization": name } });
  return [statusAndBody(query), statusAndBody(header)];
}

describe("the portal", () => {
  it("the portal is that of the caller's only organization, for owners and members", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const member = await createMember(account);
    expect(statusAndBody(await owner.get(path))).toEqual(portal(account.slug));
    expect(statusAndBody(await member.get(path))).toEqual(portal(account.slug));
  });

  it("the portal is null for callers in no organization, or in several without naming one", async () => {
    const caller = await createUser();
    expect(statusAndBody(await caller.get(path))).toEqual(none);
    await createAccount(caller);
    await createAccount(caller);
    expect(statusAndBody(await caller.get(path))).toEqual(none);
    expect(statusAndBody(await caller.get(`${path}?organization=`))).toEqual(none);
    expect(statusAndBody(await caller.get(path, { headers: { "X-Organization": " " } }))).toEqual(none);
  });

  it("a named organization counts, by uuid or slug, the query before the header", async () => {
    const caller = await createUser();
    const [one, other] = [await createAccount(caller), await createAccount(caller)];
    for (const name of [one.id, one.id.toUpperCase(), one.slug, one.slug.toUpperCase(), ` ${one.slug} `]) {
      expect(await named(caller, name)).toEqual([portal(one.slug), portal(one.slug)]);
    }
    const both = await caller.get(`${path}?organization=${one.slug}`, {
      headers: { "X-Organization": other.slug },
    });
    expect(statusAndBody(both)).toEqual(portal(one.slug));
  });

  it("another tenant's organization looks like a missing one", async () => {
    const foreign = await createAccount(await createUser());
    const owner = await createUser();
    await createAccount(owner);
    for (const caller of [owner, await createUser()]) {
      for (const name of [foreign.id, foreign.slug, crypto.randomUUID(), unique("nothing"), "' or 1=1"]) {
        expect(await named(caller, name)).toEqual([refused, refused]);
      }
    }
  });

  it("callers who may read every account get the portal of any organization", async () => {
    const foreign = await createAccount(await createUser());
    const reader = await createUser();
    await addToGroup(reader, 3);
    for (const caller of [reader, await createOperator()]) {
      expect(await named(caller, foreign.slug)).toEqual([portal(foreign.slug), portal(foreign.slug)]);
      expect(await named(caller, unique("nothing"))).toEqual([refused, refused]);
    }
    expect(statusAndBody(await reader.get(path))).toEqual(none);
  });

  it("the portal works for a blocked organization and follows a rename", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const slug = unique("renamed");
    await owner.patch(`/api/v1/account/${account.slug}`, { slug });
    await setAccount(account, { blocking_state: "manager" });
    expect(statusAndBody(await owner.get(path))).toEqual(portal(slug));
    expect(await named(owner, account.slug)).toEqual([refused, refused]);
  });

  it("an inactive user gets 401", async () => {
    expect((await (await createInactiveUser()).get(path)).status).toBe(401);
  });

  it("a NUL in the query is rejected", async () => {
    const answer = await (await createUser()).get(`${path}?organization=a%00`);
    expect(statusAndBody(answer)).toEqual({ status: 400, body: ["Null characters are not allowed."] });
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("the portal is read-only: %s", async (method) => {
    const answer = await (await createUser()).send(method, path);
    expect(statusAndBody(answer)).toEqual({
      status: 405,
      body: { detail: `Method "${method}" not allowed.` },
    });
    expect(answer.headers.get("Allow")).toBe("GET, HEAD, OPTIONS");
  });
});
