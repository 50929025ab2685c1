/** Accounts in both APIs: changes through one are visible in the other. */
import { describe, expect, it } from "vitest";

import { auditPage as historyPage, userIdOf } from "../support/audit.ts";
import { fetchEtag, ifMatch, ifNoneMatch } from "../support/etags.ts";
import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  publicUrl,
  unique,
} from "../support/fixtures.ts";
import { createInvitation } from "../support/invitations.ts";
import { createColleague } from "../support/organization-users.ts";

interface Seen {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
}

/** Returns an account in each API in the same form; undefined if it is not visible. */
async function onBothFaces(caller: Caller, id: string): Promise<(Seen | undefined)[]> {
  const account = await caller.get(`/api/v1/account/${id}`);
  const organization = await caller.get(`/accounts/organizations/${id}/`);
  const { body } = organization;
  return [
    account.status === 200
      ? { id: account.body.id, slug: account.body.slug, title: account.body.title }
      : undefined,
    organization.status === 200 ? { id: body.uuid, slug: body.slug, title: body.name } : undefined,
  ];
}

/** Returns the ids of the caller's list in each API. */
async function listedOnBothFaces(caller: Caller): Promise<string[][]> {
  const accounts: { id: string }[] = (await caller.get("/api/v1/accounts")).body;
  const page: { results: { uuid: string }[] } = (await caller.get("/accounts/organizations/")).body;
  return [accounts.map(({ id }) => id), page.results.map(({ uuid }) => uuid)];
}

async function expectOnBothFaces(caller: Caller, seen: Seen): Promise<void> {
  expect(await onBothFaces(caller, seen.id)).toEqual([seen, seen]);
}

it("an account created through the accounts API is an organization", async () => {
  const owner = await createUser();
  const { id, slug, title } = await createAccount(owner);
  const organization = await owner.get(`/accounts/organizations/${id}/`);
  expect(organization.status).toBe(200);
  expect(organization.body).toEqual({
    uuid: id,
    name: title,
    slug,
    account_portal_url: `${publicUrl}/portal/${slug}`,
    logo_url: null,
  });
});

it("an organization created through the organizations API is an account", async () => {
  const owner = await createUser();
  const slug = unique("org");
  const made = await owner.post("/accounts/organizations/", { name: "Org", slug });
  expect(made.status).toBe(201);
  const account = await owner.get(`/api/v1/account/${slug}`);
  expect(account.status).toBe(200);
  expect(account.body).toMatchObject({ id: made.body.uuid, slug, title: "Org", can_manage_account: true });
});

it("an upper-case slug in the organizations API is lower-case in both APIs", async () => {
  const owner = await createUser();
  const slug = unique("Org").toUpperCase();
  const made = await owner.post("/accounts/organizations/", { name: "Org", slug });
  expect(made.body.slug).toBe(slug.toLowerCase());
  await expectOnBothFaces(owner, { id: made.body.uuid, slug: slug.toLowerCase(), title: "Org" });
});

describe("a change in both APIs", () => {
  it("a change through the accounts API is visible in the organizations API", async () => {
    const owner = await createUser();
    const { id, slug } = await createAccount(owner);
    await owner.patch(`/api/v1/account/${slug}`, { title: "Cafe\u0301 ✓" });
    await expectOnBothFaces(owner, { id, slug, title: "Caf\u00e9 ✓" });
    const renamed = unique("renamed");
    await owner.patch(`/api/v1/account/${slug}`, { slug: renamed });
    await expectOnBothFaces(owner, { id, slug: renamed, title: "Caf\u00e9 ✓" });
    const organization = await owner.get(`/accounts/organizations/${id}/`);
    expect(organization.body.account_portal_url).toBe(`${publicUrl}/portal/${renamed}`);
  });

  it("a change through the organizations API is visible in the accounts API", async () => {
    const owner = await createUser();
    const { id, slug } = await createAccount(owner, { description: "Kept" });
    const path = `/accounts/organizations/${id}/`;
    expect((await owner.patch(path, { name: "Patched" })).status).toBe(200);
    await expectOnBothFaces(owner, { id, slug, title: "Patched" });
    const renamed = unique("renamed");
    expect((await owner.put(path, { name: "Put", slug: renamed.toUpperCase() })).status).toBe(200);
    await expectOnBothFaces(owner, { id, slug: renamed, title: "Put" });
    expect((await owner.get(`/api/v1/account/${renamed}`)).body).toMatchObject({ description: "Kept" });
    expect((await owner.get(`/api/v1/account/${slug}`)).status).toBe(403);
  });

  it("simultaneous changes through both APIs leave the same state in both", async () => {
    const owner = await createUser();
    const { id, slug } = await createAccount(owner);
    const answers = await Promise.all([
      owner.patch(`/api/v1/account/${slug}`, { title: "Left" }),
      owner.patch(`/accounts/organizations/${id}/`, { name: "Right" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const [account, organization] = await onBothFaces(owner, id);
    expect(account).toEqual(organization);
    expect(["Left", "Right"]).toContain(account?.title);
  });
});

it("an account deleted through one API is deleted in the other", async () => {
  const owner = await createUser();
  const [first, second] = [await createAccount(owner), await createAccount(owner)];
  expect((await owner.delete(`/accounts/organizations/${first.id}/`)).status).toBe(204);
  expect(await onBothFaces(owner, first.id)).toEqual([undefined, undefined]);
  expect(await listedOnBothFaces(owner)).toEqual([[second.id], [second.id]]);
  expect((await owner.delete(`/api/v1/account/${second.slug}`)).status).toBe(204);
  expect(await onBothFaces(owner, second.id)).toEqual([undefined, undefined]);
  expect(await listedOnBothFaces(owner)).toEqual([[], []]);
});

describe("lists in both APIs", () => {
  it("the lists of both APIs have the same accounts in the same order", async () => {
    const user = await createUser();
    const other = await createUser();
    const titles = ["b", "A", "Zebra", "ähre", "a", "É", "10", "9"];
    const made = [];
    for (const title of titles) made.push(await createAccount(user, { title }));
    const shared = await createAccount(other, { title: "Shared" });
    await addMember(shared, user);
    await createAccount(other);
    const [accounts, organizations] = await listedOnBothFaces(user);
    expect(accounts).toEqual(organizations);
    expect(new Set(accounts)).toEqual(new Set([...made, shared].map(({ id }) => id)));
  });

  it("a user who may read all accounts gets all organizations, but only their own accounts", async () => {
    const foreign = await createAccount(await createUser());
    const reader = await createUser();
    await addToGroup(reader, 3);
    const own = await createAccount(reader);
    expect((await reader.get("/api/v1/accounts")).body).toMatchObject([{ id: own.id }]);
    const found = await reader.get(`/accounts/organizations/?uuid=${foreign.id}`);
    expect(found.body).toMatchObject({ count: 1, results: [{ uuid: foreign.id }] });
  });
});

describe("a slug taken in one API", () => {
  const here = { detail: "An account with this slug already exists" };
  const there = { slug: ["organization with this slug already exists."] };

  it("a slug taken through one API can be used neither for a new account nor for a rename in the other", async () => {
    const owner = await createUser();
    const taken = await createAccount(owner);
    const org = (await owner.post("/accounts/organizations/", { name: "O", slug: unique("o") })).body;
    const slug = taken.slug.toUpperCase();
    const refused = [
      await owner.post("/accounts/organizations/", { name: "O", slug }),
      await owner.patch(`/accounts/organizations/${org.uuid}/`, { slug }),
      await owner.put(`/accounts/organizations/${org.uuid}/`, { name: "O", slug }),
    ];
    for (const answer of refused) expect([answer.status, answer.body]).toEqual([400, there]);
    for (const answer of [
      await owner.post("/api/v1/accounts", { slug: org.slug }),
      await owner.patch(`/api/v1/account/${taken.slug}`, { slug: org.slug }),
    ]) {
      expect([answer.status, answer.body]).toEqual([409, here]);
    }
  });

  it("one of forty simultaneous requests through both APIs gets the slug", async () => {
    const owner = await createUser();
    const slug = unique("race");
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        at % 2 === 0
          ? owner.post("/api/v1/accounts", { slug })
          : owner.post("/accounts/organizations/", { name: "O", slug: slug.toUpperCase() }),
      ),
    );
    const winners = answers.filter(({ status }) => status === 201);
    expect(winners).toHaveLength(1);
    answers.forEach(({ status, body }, at) => {
      if (status !== 201) expect([status, body]).toEqual(at % 2 === 0 ? [409, here] : [400, there]);
    });
  });

  it("a reserved slug or one in the form of a UUID is rejected by both APIs", async () => {
    const owner = await createUser();
    for (const slug of ["admin", "zones", crypto.randomUUID(), crypto.randomUUID().replaceAll("-", "")]) {
      const account = await owner.post("/api/v1/accounts", { slug });
      expect([account.status, account.body.detail[0].type]).toEqual([422, "value_error"]);
      const organization = await owner.post("/accounts/organizations/", { name: "O", slug });
      expect([organization.status, organization.body]).toEqual([400, { slug: ["This slug is reserved."] }]);
    }
  });
});

it("another user's account is 403 in the accounts API and 404 in the organizations API, and visible to the operator", async () => {
  const { id, slug, title } = await createAccount(await createUser());
  const outsider = await createUser();
  expect((await outsider.get(`/api/v1/account/${id}`)).status).toBe(403);
  expect((await outsider.get(`/accounts/organizations/${id}/`)).status).toBe(404);
  await expectOnBothFaces(await createOperator(), { id, slug, title });
});

it("changes through both APIs are in one audit log", async () => {
  const owner = await createUser();
  const account = await createAccount(owner);
  const { uuid } = await createColleague([account]);
  await owner.patch(`/accounts/organizations/${account.id}/`, { name: "There" });
  await owner.patch(`/api/v1/account/${account.slug}`, { title: "Here" });
  const invitation = await createInvitation(owner, account);
  await owner.delete(`/accounts/invite/${invitation}/`);
  const made = (await owner.post(`/accounts/users/?organization=${account.id}`, {})).body.uuid;
  await owner.patch(`/api/v1/account/${account.slug}/users`, { delete: [uuid] });
  const { items } = await historyPage(owner, account);
  expect(items.map(({ action, target }) => [action, target]).toReversed()).toEqual([
    ["account.created", `account:${account.id}`],
    ["account.updated", `account:${account.id}`],
    ["account.updated", `account:${account.id}`],
    ["invite.created", `invite:${invitation}`],
    ["invite.revoked", `invite:${invitation}`],
    ["user.created", `user:${made}`],
    ["members.updated", `account:${account.id}`],
  ]);
  expect(items[4]?.changes).toEqual({ title: ["There", "Here"] });
  expect(new Set(items.map(({ actor }) => actor))).toEqual(new Set([await userIdOf(owner)]));
});

describe("versions in both APIs", () => {
  it("the ETag of one API can be used in the other, and becomes stale there too", async () => {
    const owner = await createUser();
    const { id } = await createAccount(owner);
    const [here, there] = [`/api/v1/account/${id}`, `/accounts/organizations/${id}/`];
    const [first, second] = [await fetchEtag(owner, here), await fetchEtag(owner, there)];
    expect((await owner.patch(there, { name: "There" }, ifMatch(first))).status).toBe(200);
    expect((await owner.patch(here, { title: "Here" }, ifMatch(second))).status).toBe(412);
    expect((await owner.get(here, ifNoneMatch(first))).status).toBe(200);
    expect((await owner.patch(here, { title: "Here" }, ifMatch(await fetchEtag(owner, there)))).status).toBe(
      200,
    );
    expect((await owner.delete(there, ifMatch(second))).status).toBe(412);
    expect((await owner.delete(there, ifMatch(await fetchEtag(owner, here)))).status).toBe(204);
  });

  it("an Idempotency-Key of one API is unused in the other", async () => {
    const owner = await createUser();
    const options = { headers: { "Idempotency-Key": unique("key") } };
    const [first, second] = [unique("one"), unique("two")];
    const here = await owner.post("/api/v1/accounts", { slug: first }, options);
    const taken = await owner.post("/accounts/organizations/", { name: "O", slug: first }, options);
    expect([here.status, taken.status]).toEqual([201, 400]);
    const there = await owner.post("/accounts/organizations/", { name: "O", slug: second }, options);
    expect(there.status).toBe(201);
    const again = await owner.post("/accounts/organizations/", { name: "O", slug: second }, options);
    expect([again.status, again.body]).toEqual([201, there.body]);
    expect(new Set((await listedOnBothFaces(owner))[0])).toEqual(new Set([here.body.id, there.body.uuid]));
  });
});
