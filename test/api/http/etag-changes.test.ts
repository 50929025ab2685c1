/** Changes with If-Match, which apply only to one version of an account. */
import { describe, expect, it } from "vitest";

import { auditRowsOf, userIdOf } from "../../support/audit.ts";
import { setAccount } from "../../support/database.ts";
import { accountPath, etagOf, fetchEtag, ifMatch, setUp } from "../../support/etags.ts";
import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { createMember } from "../../support/organizations.ts";
import { raceDuringWrite } from "../../support/race.ts";

const stale = {
  status: 412,
  body: { detail: "The object has changed since the version in If-Match. Read it again and retry." },
};
const staleInOrganizations = {
  status: 412,
  body: { detail: "The organization has changed since the version in If-Match. Read it again and retry." },
};

const changes: Readonly<
  Record<string, (caller: Caller, account: TestAccount, value: string, title: string) => Promise<ApiResponse>>
> = {
  "PATCH of the accounts API": (caller, account, value, title) =>
    caller.patch(accountPath(account), { title }, ifMatch(value)),
  "PATCH of the organizations API": (caller, { id }, value, name) =>
    caller.patch(`/accounts/organizations/${id}/`, { name }, ifMatch(value)),
  "PUT of the organizations API": (caller, { id, slug }, value, name) =>
    caller.put(`/accounts/organizations/${id}/`, { name, slug }, ifMatch(value)),
};
const deletions: typeof changes = {
  "DELETE of the accounts API": (caller, account, value) =>
    caller.delete(accountPath(account), ifMatch(value)),
  "DELETE of the organizations API": (caller, { id }, value) =>
    caller.delete(`/accounts/organizations/${id}/`, ifMatch(value)),
};
const refusalOf = (name: string) => (name.endsWith("organizations API") ? staleInOrganizations : stale);

describe.each(Object.entries({ ...changes, ...deletions }))("%s with If-Match", (name, send) => {
  const [done, leavesIt] = name.startsWith("DELETE") ? [204, false] : [200, true];

  it.each(["accounts", "organizations"] as const)(
    "a change with the current tag succeeds, %s",
    async (api) => {
      const { owner, account, [api]: path } = await setUp();
      expect((await send(owner, account, await fetchEtag(owner, path), "New")).status).toBe(done);
      expect((await owner.get(accountPath(account))).status).toBe(leavesIt ? 200 : 403);
    },
  );

  it.each<{ name: string; value: (current: string) => string }>([
    { name: "*", value: () => "*" },
    { name: "a list with the current one", value: (current) => `"1-0", ${current}` },
    { name: "the current one twice", value: (current) => `${current},${current}` },
  ])("a change with If-Match of $name succeeds", async ({ value }) => {
    const { owner, account, accounts } = await setUp();
    await owner.patch(accounts, { title: "Before" });
    expect((await send(owner, account, value(await fetchEtag(owner, accounts)), "New")).status).toBe(done);
  });

  it.each<{ name: string; value: (current: string, before: string) => string }>([
    { name: "the one before", value: (_, before) => before },
    { name: "a weak one", value: (current) => `W/${current}` },
    { name: "one without quotes", value: (current) => current.slice(1, -1) },
    { name: "one cut off", value: (current) => `${current.slice(0, -3)}"` },
    { name: "one of a version to come", value: (current) => current.replace(/\d+/, "99") },
    { name: "an empty one", value: () => '""' },
    { name: "garbage", value: () => "garbage" },
    { name: "a list without the current one", value: (_, before) => `${before}, "other"` },
  ])("a change with If-Match of $name fails and changes nothing", async ({ value }) => {
    const { owner, account, accounts } = await setUp();
    const before = await fetchEtag(owner, accounts);
    await owner.patch(accounts, { title: "Before" });
    const current = await owner.get(accounts);
    const answer = await send(owner, account, value(etagOf(current), before), "New");
    expect(statusAndBody(answer)).toEqual(refusalOf(name));
    expect(await auditRowsOf(answer)).toEqual([]);
    expect(statusAndBody(await owner.get(accounts))).toEqual(statusAndBody(current));
  });

  it("a change is not stale because a member joined, left or changed role", async () => {
    const { owner, account, accounts } = await setUp();
    const before = await fetchEtag(owner, accounts);
    const member = await createMember(account);
    expect(await fetchEtag(owner, accounts)).not.toBe(before);
    await owner.patch(`${accounts}/users`, { add: [{ id: await userIdOf(member), role: "AOWNER" }] });
    expect((await send(owner, account, before, "New")).status).toBe(done);
  });

  it("the version check runs last, after permission checks and validation", async () => {
    const { owner, account, organizations } = await setUp();
    const member = await createMember(account);
    const outsider = await createUser();
    const garbage = '"stale"';
    for (const caller of [member, outsider]) {
      expect([403, 404]).toContain((await send(caller, account, garbage, "New")).status);
    }
    expect([403, 404]).toContain(
      (await send(outsider, { ...account, id: crypto.randomUUID() }, garbage, "New")).status,
    );
    await setAccount(account, { blocking_state: "manager" });
    expect((await send(owner, account, garbage, "New")).status).toBe(leavesIt ? 403 : 412);
    await setAccount(account, { blocking_state: "unblocked" });
    if (leavesIt) expect([400, 422]).toContain((await send(owner, account, garbage, "")).status);
    expect((await owner.get(organizations)).status).toBe(200);
  });
});

describe("a taken slug", () => {
  it("a taken slug is reported before a stale version", async () => {
    const { owner, account, accounts, organizations } = await setUp();
    const { slug } = await createAccount(owner);
    expect(statusAndBody(await owner.patch(accounts, { slug }, ifMatch('"stale"')))).toEqual({
      status: 409,
      body: { detail: "An account with this slug already exists" },
    });
    for (const answer of [
      await owner.patch(organizations, { slug }, ifMatch('"stale"')),
      await owner.put(organizations, { name: "New", slug }, ifMatch('"stale"')),
    ]) {
      expect(statusAndBody(answer)).toEqual({
        status: 400,
        body: { slug: ["organization with this slug already exists."] },
      });
    }
    expect((await owner.get(accounts)).body).toMatchObject({ slug: account.slug, title: account.title });
  });
});

it.each(Object.entries(changes))(
  "a change that changes nothing fails if the version is stale: %s",
  async (name, send) => {
    const { owner, account, accounts } = await setUp();
    const before = await fetchEtag(owner, accounts);
    await owner.patch(accounts, { title: "New" });
    expect(statusAndBody(await send(owner, account, before, "New"))).toEqual(refusalOf(name));
    expect((await send(owner, account, await fetchEtag(owner, accounts), "New")).status).toBe(200);
  },
);

describe("a lost update", () => {
  it.each(Object.entries(changes))(
    "of simultaneous changes to one version only one succeeds: %s [R60]",
    async (name, send) => {
      const { owner, account, accounts } = await setUp();
      const current = await fetchEtag(owner, accounts);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => send(owner, account, current, `Title ${at}`)),
      );
      const winners = [...answers.keys()].filter((at) => answers[at]?.status === 200);
      expect(winners).toHaveLength(1);
      for (const answer of answers) {
        if (answer.status !== 200) expect(statusAndBody(answer)).toEqual(refusalOf(name));
      }
      expect((await owner.get(accounts)).body.title).toBe(`Title ${winners[0]}`);
    },
  );

  it("changes to one version conflict across both APIs and with a deletion [R60]", async () => {
    const { owner, account, accounts } = await setUp();
    const current = await fetchEtag(owner, accounts);
    const all = Object.values({ ...changes, ...deletions });
    const answers = await Promise.all(all.map((send, at) => send(owner, account, current, `Title ${at}`)));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    for (const { status } of answers) expect([200, 204, 403, 404, 412]).toContain(status);
  });

  it.each(Object.entries({ ...changes, ...deletions }))(
    "a change during the request makes the version stale: %s",
    async (name, send) => {
      const { owner, account, accounts } = await setUp();
      const current = await fetchEtag(owner, accounts);
      const worker = raceDuringWrite(() => owner.patch(accounts, { title: "In between" }));
      const answer = await send(owner.via(worker), account, current, "Late");
      expect(statusAndBody(answer)).toEqual(refusalOf(name));
      expect((await owner.get(accounts)).body.title).toBe("In between");
    },
  );

  it("without If-Match the last change wins", async () => {
    const { owner, account, accounts } = await setUp();
    const second = await createUser();
    await addMember(account, second, "AOWNER");
    const worker = raceDuringWrite(() => owner.patch(accounts, { title: unique("In between") }));
    expect((await second.via(worker).patch(accounts, { title: "Last" })).status).toBe(200);
    expect((await owner.get(accounts)).body.title).toBe("Last");
  });
});
