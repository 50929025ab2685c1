/** Changes that are meant for one version of an account, and no other. */
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
} from "../../support/fixtures.ts";
import { createMember, statusAndBody } from "../../support/organizations.ts";
import { raceDuringWrite } from "../../support/race.ts";

const stale = {
  status: 412,
  body: { detail: "The object has changed since the version in If-Match. Read it again and retry." },
};
const staleThere = {
  status: 412,
  body: { detail: "The organization has changed since the version in If-Match. Read it again and retry." },
};

const changes: Readonly<
  Record<string, (caller: Caller, account: TestAccount, value: string, title: string) => Promise<ApiResponse>>
> = {
  "PATCH here": (caller, account, value, title) =>
    caller.patch(accountPath(account), { title }, ifMatch(value)),
  "PATCH there": (caller, { id }, value, name) =>
    caller.patch(`/accounts/organizations/${id}/`, { name }, ifMatch(value)),
  "PUT there": (caller, { id, slug }, value, name) =>
    caller.put(`/accounts/organizations/${id}/`, { name, slug }, ifMatch(value)),
};
const deletions: typeof changes = {
  "DELETE here": (caller, account, value) => caller.delete(accountPath(account), ifMatch(value)),
  "DELETE there": (caller, { id }, value) => caller.delete(`/accounts/organizations/${id}/`, ifMatch(value)),
};
const refusalOf = (name: string) => (name.endsWith("there") ? staleThere : stale);

describe.each(Object.entries({ ...changes, ...deletions }))("%s with If-Match", (name, send) => {
  const [done, leavesIt] = name.startsWith("DELETE") ? [204, false] : [200, true];

  it.each(["here", "there"] as const)("of the current tag that is %s is done", async (face) => {
    const { owner, account, [face]: path } = await setUp();
    expect((await send(owner, account, await fetchEtag(owner, path), "New")).status).toBe(done);
    expect((await owner.get(accountPath(account))).status).toBe(leavesIt ? 200 : 403);
  });

  it.each<{ name: string; value: (current: string) => string }>([
    { name: "*", value: () => "*" },
    { name: "a list with the current one", value: (current) => `"1-0", ${current}` },
    { name: "the current one twice", value: (current) => `${current},${current}` },
  ])("of $name is done", async ({ value }) => {
    const { owner, account, here } = await setUp();
    await owner.patch(here, { title: "Before" });
    expect((await send(owner, account, value(await fetchEtag(owner, here)), "New")).status).toBe(done);
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
  ])("of $name is refused, and changes nothing", async ({ value }) => {
    const { owner, account, here } = await setUp();
    const before = await fetchEtag(owner, here);
    await owner.patch(here, { title: "Before" });
    const current = await owner.get(here);
    const answer = await send(owner, account, value(etagOf(current), before), "New");
    expect(statusAndBody(answer)).toEqual(refusalOf(name));
    expect(await auditRowsOf(answer)).toEqual([]);
    expect(statusAndBody(await owner.get(here))).toEqual(statusAndBody(current));
  });

  it("is not stale for a member who joined, left, or became another", async () => {
    const { owner, account, here } = await setUp();
    const before = await fetchEtag(owner, here);
    const member = await createMember(account);
    expect(await fetchEtag(owner, here)).not.toBe(before);
    await owner.patch(`${here}/users`, { add: [{ id: await userIdOf(member), role: "AOWNER" }] });
    expect((await send(owner, account, before, "New")).status).toBe(done);
  });

  it("is asked about last: who may not, and what does not fit, is told first", async () => {
    const { owner, account, there } = await setUp();
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
    expect((await owner.get(there)).status).toBe(200);
  });
});

describe("a slug that is taken", () => {
  it("is told before the version", async () => {
    const { owner, account, here, there } = await setUp();
    const { slug } = await createAccount(owner);
    expect(statusAndBody(await owner.patch(here, { slug }, ifMatch('"stale"')))).toEqual({
      status: 409,
      body: { detail: "An account with this slug already exists" },
    });
    for (const answer of [
      await owner.patch(there, { slug }, ifMatch('"stale"')),
      await owner.put(there, { name: "New", slug }, ifMatch('"stale"')),
    ]) {
      expect(statusAndBody(answer)).toEqual({
        status: 400,
        body: { slug: ["organization with this slug already exists."] },
      });
    }
    expect((await owner.get(here)).body).toMatchObject({ slug: account.slug, title: account.title });
  });
});

it.each(Object.entries(changes))("a change to what it is already is stale too: %s", async (name, send) => {
  const { owner, account, here } = await setUp();
  const before = await fetchEtag(owner, here);
  await owner.patch(here, { title: "New" });
  expect(statusAndBody(await send(owner, account, before, "New"))).toEqual(refusalOf(name));
  expect((await send(owner, account, await fetchEtag(owner, here), "New")).status).toBe(200);
});

describe("a lost update", () => {
  it.each(Object.entries(changes))("does not happen: %s twenty times at once [R60]", async (name, send) => {
    const { owner, account, here } = await setUp();
    const current = await fetchEtag(owner, here);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => send(owner, account, current, `Title ${at}`)),
    );
    const winners = [...answers.keys()].filter((at) => answers[at]?.status === 200);
    expect(winners).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status !== 200) expect(statusAndBody(answer)).toEqual(refusalOf(name));
    }
    expect((await owner.get(here)).body.title).toBe(`Title ${winners[0]}`);
  });

  it("does not happen across the faces, nor to a deletion [R60]", async () => {
    const { owner, account, here } = await setUp();
    const current = await fetchEtag(owner, here);
    const all = Object.values({ ...changes, ...deletions });
    const answers = await Promise.all(all.map((send, at) => send(owner, account, current, `Title ${at}`)));
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    for (const { status } of answers) expect([200, 204, 403, 404, 412]).toContain(status);
  });

  it.each(Object.entries({ ...changes, ...deletions }))(
    "does not happen when the change comes in between: %s",
    async (name, send) => {
      const { owner, account, here } = await setUp();
      const current = await fetchEtag(owner, here);
      const door = raceDuringWrite(() => owner.patch(here, { title: "In between" }));
      const answer = await send(owner.via(door), account, current, "Late");
      expect(statusAndBody(answer)).toEqual(refusalOf(name));
      expect((await owner.get(here)).body.title).toBe("In between");
    },
  );

  it("is what happens without If-Match: the last one stays", async () => {
    const { owner, account, here } = await setUp();
    const second = await createUser();
    await addMember(account, second, "AOWNER");
    const door = raceDuringWrite(() => owner.patch(here, { title: unique("In between") }));
    expect((await second.via(door).patch(here, { title: "Last" })).status).toBe(200);
    expect((await owner.get(here)).body.title).toBe("Last");
  });
});
