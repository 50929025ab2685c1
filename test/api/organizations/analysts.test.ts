import { describe, expect, it } from "vitest";

import { queryRow, setAccount } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  analystsPath,
  createColleague,
  currentAnalyst,
  integerIdOf,
  type UserBody,
  userPath,
  usersPath,
} from "../../support/organization-users.ts";
import { createKnownUser, createMember, noOrganization, notAllowed } from "../../support/organizations.ts";

async function ownerOf(): Promise<{ owner: Caller; account: TestAccount }> {
  const owner = await createKnownUser();
  return { owner, account: await createAccount(owner) };
}

/** Returns an analyst as the organizations API shows them. */
async function shown(user: UserBody, account: TestAccount): Promise<object> {
  const organization = await integerIdOf(account);
  const membership = await queryRow(
    "SELECT id FROM memberships WHERE account_id = ? AND user_id = ?",
    organization,
    user.id,
  );
  const name = `${user.first_name} ${user.last_name}`.trim();
  return { id: membership?.["id"], user, organization, name };
}

function only(...results: object[]): object {
  return { status: 200, body: { count: results.length, next: null, previous: null, results } };
}

const named = ({ slug }: TestAccount) => `${analystsPath}?organization=${slug}`;

describe("the analysts of a named organization", () => {
  it("the list holds the members in joining order, for owner, member, Support and operator", async () => {
    const { owner, account } = await ownerOf();
    await createAccount(owner);
    const member = await createMember(account);
    const made = await owner.post(`${usersPath}?organization=${account.id}`, {
      email: "ada@example.com",
      first_name: "Ada",
      last_name: "Lovelace",
    });
    const expected = only(
      await shown(await currentAnalyst(owner), account),
      await shown(await currentAnalyst(member), account),
      await shown(made.body, account),
    );
    const support = await createUser();
    await addToGroup(support, 3);
    const admin = await createUser();
    await addToGroup(admin, 1);
    for (const caller of [owner, member, support, admin, await createOperator()]) {
      expect(statusAndBody(await caller.get(named(account)))).toEqual(expected);
      expect(statusAndBody(await caller.get(`${analystsPath}?organization=${account.id}`))).toEqual(expected);
      const header = { headers: { "X-Organization": account.slug.toUpperCase() } };
      expect(statusAndBody(await caller.get(analystsPath, header))).toEqual(expected);
    }
    const filtered = await owner.get(`/accounts/organizations/?id=${await integerIdOf(account)}`);
    expect(filtered.body.results).toEqual([expect.objectContaining({ uuid: account.id })]);
  });

  it("outsiders and callers who name a missing organization get the same 404", async () => {
    const { account } = await ownerOf();
    const gone = { slug: unique("gone"), id: crypto.randomUUID(), title: "" };
    for (const caller of [await createUser(), (await ownerOf()).owner]) {
      for (const one of [account, gone])
        expect(statusAndBody(await caller.get(named(one)))).toEqual({ status: 404, body: noOrganization });
    }
    const metering = await createUser();
    await addToGroup(metering, 2);
    expect(statusAndBody(await metering.get(named(account)))).toEqual({ status: 403, body: notAllowed });
    const support = await createUser();
    await addToGroup(support, 3);
    for (const caller of [metering, support, await createOperator()])
      expect(statusAndBody(await caller.get(named(gone)))).toEqual({ status: 404, body: noOrganization });
  });

  it("the analysts of a blocked organization can be read", async () => {
    const { owner, account } = await ownerOf();
    await setAccount(account, { blocking_state: "manager" });
    expect((await owner.get(named(account))).body.count).toBe(1);
  });

  it("the list leaves out users who left, were deleted, or are only in another organization", async () => {
    const { owner, account } = await ownerOf();
    const second = await createAccount(owner);
    await createColleague([second]);
    const { uuid } = await createColleague([account]);
    expect((await owner.get(named(account))).body.count).toBe(2);
    expect((await owner.delete(userPath(uuid))).status).toBe(204);
    expect(statusAndBody(await owner.get(named(account)))).toEqual(
      only(await shown(await currentAnalyst(owner), account)),
    );
  });
});

describe("analysts without a named organization", () => {
  it("the list holds the members of all of the caller's organizations, once per organization", async () => {
    const { owner, account } = await ownerOf();
    const foreign = await ownerOf();
    await addMember(foreign.account, owner);
    const other = await ownerOf();
    const shared = await createColleague([account, foreign.account, other.account]);
    const me = await currentAnalyst(owner);
    const colleague: UserBody = (await owner.get(userPath(shared.uuid))).body;
    const expected = only(
      await shown(me, account),
      await shown(await currentAnalyst(foreign.owner), foreign.account),
      await shown(me, foreign.account),
      await shown(colleague, account),
      await shown(colleague, foreign.account),
    );
    const answer = await owner.get(analystsPath);
    expect(statusAndBody({ ...answer, body: sorted(answer.body) })).toEqual(sortedAnswer(expected));
    const ids = answer.body.results.map(({ id }: { id: number }) => id);
    expect(ids).toEqual(ids.toSorted((left: number, right: number) => left - right));
  });

  it("the list is empty for a caller without organizations", async () => {
    expect(statusAndBody(await (await createUser()).get(analystsPath))).toEqual(only());
    const metering = await createUser();
    await addToGroup(metering, 2);
    expect(statusAndBody(await metering.get(analystsPath))).toEqual(only());
  });

  it("callers with analysts:read get all analysts", async () => {
    const { account } = await ownerOf();
    const { uuid, email } = await createColleague([account]);
    for (const group of [1, 3, undefined] as const) {
      const caller = group === undefined ? await createOperator() : await createUser();
      if (group !== undefined) await addToGroup(caller, group);
      const found = await caller.get(`${analystsPath}?search=${email}`);
      const user: UserBody = (await caller.get(userPath(uuid))).body;
      expect(statusAndBody(found)).toEqual(only(await shown(user, account)));
      const total = await queryRow("SELECT count(*) AS count, max(id) AS latest FROM memberships");
      const last = await caller.get(`${analystsPath}?page=last`);
      expect(last.body.count).toBe(total?.["count"]);
      expect(last.body.results.at(-1).id).toBe(total?.["latest"]);
    }
  });
});

describe("the search of analysts", () => {
  it("a search finds every term in e-mail or names, and follows edits", async () => {
    const { owner, account } = await ownerOf();
    const word = unique("w");
    const make = async (fields: object): Promise<string> =>
      (await owner.post(`${usersPath}?organization=${account.id}`, fields)).body.uuid;
    const ada = await make({ email: `Ada@${word}.com`, first_name: "Ada", last_name: word });
    const bob = await make({ email: `b_b@${word}.com`, first_name: "Bob" });
    const support = await createUser();
    await addToGroup(support, 3);
    for (const caller of [owner, support, await createOperator()]) {
      for (const path of [named(account), `${analystsPath}?`]) {
        const find = async (search: string) => {
          const { body } = await caller.get(`${path}&search=${encodeURIComponent(`${word} ${search}`)}`);
          expect(body.count).toBe(body.results.length);
          return body.results.map(({ user }: { user: UserBody }) => user.uuid);
        };
        expect(await find("")).toEqual([ada, bob]);
        expect(await find("ADA")).toEqual([ada]);
        expect(await find("b_b")).toEqual([bob]);
        expect(await find("a_a")).toEqual([]);
        expect(await find("ada bob")).toEqual([]);
        expect(await find("%")).toEqual([]);
        const renamed = unique("renamed");
        await owner.patch(userPath(bob), { last_name: renamed });
        expect(await find(renamed)).toEqual([bob]);
        await owner.patch(userPath(bob), { last_name: "" });
        expect(await find(renamed)).toEqual([]);
      }
    }
  });

  it("a search finds nobody of another owner's organizations", async () => {
    const { email } = await createColleague([(await ownerOf()).account]);
    const { owner, account } = await ownerOf();
    for (const path of [named(account), `${analystsPath}?`])
      expect(statusAndBody(await owner.get(`${path}&search=${email}`))).toEqual(only());
  });
});

interface Page {
  readonly results: readonly { id: number }[];
}

function sorted(body: Page): object {
  return { ...body, results: body.results.toSorted((left, right) => left.id - right.id) };
}

function sortedAnswer(answer: object): object {
  const { status, body } = answer as { status: number; body: Page };
  return { status, body: sorted(body) };
}
