/** The members of organizations, as the organizations face lists them. */
import { describe, expect, it } from "vitest";

import { setAccount } from "../accounts/rows.ts";
import { row } from "../storage/rows.ts";
import {
  addMember,
  addToGroup,
  makeAccount,
  operator,
  someone,
  unique,
  type Caller,
  type MadeAccount,
} from "../world.ts";
import { answered, makeMember, missing, notAllowed, someoneKnown } from "./requests.ts";
import { analysts, integerKey, makeColleague, oneUser, shownMe, users, type ShownUser } from "./users.ts";

async function ownerOf(): Promise<{ owner: Caller; account: MadeAccount }> {
  const owner = await someoneKnown();
  return { owner, account: await makeAccount(owner) };
}

/** An analyst as this face shows them. */
async function shown(user: ShownUser, account: MadeAccount): Promise<object> {
  const organization = await integerKey(account);
  const membership = await row(
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

const named = ({ slug }: MadeAccount) => `${analysts}?organization=${slug}`;

describe("the analysts of a named organization", () => {
  it("are its members, by the membership's age, for owner, member, Support and operator", async () => {
    const { owner, account } = await ownerOf();
    await makeAccount(owner);
    const member = await makeMember(account);
    const made = await owner.post(`${users}?organization=${account.id}`, {
      email: "ada@example.com",
      first_name: "Ada",
      last_name: "Lovelace",
    });
    const expected = only(
      await shown(await shownMe(owner), account),
      await shown(await shownMe(member), account),
      await shown(made.body, account),
    );
    const support = await someone();
    await addToGroup(support, 3);
    const admin = await someone();
    await addToGroup(admin, 1);
    for (const caller of [owner, member, support, admin, await operator()]) {
      expect(answered(await caller.get(named(account)))).toEqual(expected);
      expect(answered(await caller.get(`${analysts}?organization=${account.id}`))).toEqual(expected);
      const header = { headers: { "X-Organization": account.slug.toUpperCase() } };
      expect(answered(await caller.get(analysts, header))).toEqual(expected);
    }
    const filtered = await owner.get(`/accounts/organizations/?id=${await integerKey(account)}`);
    expect(filtered.body.results).toEqual([expect.objectContaining({ uuid: account.id })]);
  });

  it("are not for outsiders, and an organization that is not there has none", async () => {
    const { account } = await ownerOf();
    const gone = { slug: unique("gone"), id: crypto.randomUUID(), title: "" };
    for (const caller of [await someone(), (await ownerOf()).owner]) {
      for (const one of [account, gone])
        expect(answered(await caller.get(named(one)))).toEqual({ status: 404, body: missing });
    }
    const metering = await someone();
    await addToGroup(metering, 2);
    expect(answered(await metering.get(named(account)))).toEqual({ status: 403, body: notAllowed });
    const support = await someone();
    await addToGroup(support, 3);
    for (const caller of [metering, support, await operator()])
      expect(answered(await caller.get(named(gone)))).toEqual({ status: 404, body: missing });
  });

  it("are read of a blocked one too", async () => {
    const { owner, account } = await ownerOf();
    await setAccount(account, { blocking_state: "manager" });
    expect((await owner.get(named(account))).body.count).toBe(1);
  });

  it("do not hold who left, was deleted, or is in another organization alone", async () => {
    const { owner, account } = await ownerOf();
    const second = await makeAccount(owner);
    await makeColleague([second]);
    const { uuid } = await makeColleague([account]);
    expect((await owner.get(named(account))).body.count).toBe(2);
    expect((await owner.delete(oneUser(uuid))).status).toBe(204);
    expect(answered(await owner.get(named(account)))).toEqual(
      only(await shown(await shownMe(owner), account)),
    );
  });
});

describe("the analysts when no organization is named", () => {
  it("are the members of all the caller's, one for each organization", async () => {
    const { owner, account } = await ownerOf();
    const foreign = await ownerOf();
    await addMember(foreign.account, owner);
    const other = await ownerOf();
    const shared = await makeColleague([account, foreign.account, other.account]);
    const me = await shownMe(owner);
    const colleague: ShownUser = (await owner.get(oneUser(shared.uuid))).body;
    const expected = only(
      await shown(me, account),
      await shown(await shownMe(foreign.owner), foreign.account),
      await shown(me, foreign.account),
      await shown(colleague, account),
      await shown(colleague, foreign.account),
    );
    const answer = await owner.get(analysts);
    expect(answered({ ...answer, body: sorted(answer.body) })).toEqual(sortedAnswer(expected));
    const ids = answer.body.results.map(({ id }: { id: number }) => id);
    expect(ids).toEqual(ids.toSorted((left: number, right: number) => left - right));
  });

  it("are none for who is in none", async () => {
    expect(answered(await (await someone()).get(analysts))).toEqual(only());
    const metering = await someone();
    await addToGroup(metering, 2);
    expect(answered(await metering.get(analysts))).toEqual(only());
  });

  it("are all for who may read all analysts", async () => {
    const { account } = await ownerOf();
    const { uuid, email } = await makeColleague([account]);
    for (const group of [1, 3, undefined] as const) {
      const caller = group === undefined ? await operator() : await someone();
      if (group !== undefined) await addToGroup(caller, group);
      const found = await caller.get(`${analysts}?search=${email}`);
      const user: ShownUser = (await caller.get(oneUser(uuid))).body;
      expect(answered(found)).toEqual(only(await shown(user, account)));
      const total = await row("SELECT count(*) AS count, max(id) AS latest FROM memberships");
      const last = await caller.get(`${analysts}?page=last`);
      expect(last.body.count).toBe(total?.["count"]);
      expect(last.body.results.at(-1).id).toBe(total?.["latest"]);
    }
  });
});

describe("the search of analysts", () => {
  it("finds every term in e-mail or names, and follows edits", async () => {
    const { owner, account } = await ownerOf();
    const word = unique("w");
    const make = async (fields: object): Promise<string> =>
      (await owner.post(`${users}?organization=${account.id}`, fields)).body.uuid;
    const ada = await make({ email: `Ada@${word}.com`, first_name: "Ada", last_name: word });
    const bob = await make({ email: `b_b@${word}.com`, first_name: "Bob" });
    const support = await someone();
    await addToGroup(support, 3);
    for (const caller of [owner, support, await operator()]) {
      for (const path of [named(account), `${analysts}?`]) {
        const find = async (search: string) => {
          const { body } = await caller.get(`${path}&search=${encodeURIComponent(`${word} ${search}`)}`);
          expect(body.count).toBe(body.results.length);
          return body.results.map(({ user }: { user: ShownUser }) => user.uuid);
        };
        expect(await find("")).toEqual([ada, bob]);
        expect(await find("ADA")).toEqual([ada]);
        expect(await find("b_b")).toEqual([bob]);
        expect(await find("a_a")).toEqual([]);
        expect(await find("ada bob")).toEqual([]);
        expect(await find("%")).toEqual([]);
        const renamed = unique("renamed");
        await owner.patch(oneUser(bob), { last_name: renamed });
        expect(await find(renamed)).toEqual([bob]);
        await owner.patch(oneUser(bob), { last_name: "" });
        expect(await find(renamed)).toEqual([]);
      }
    }
  });

  it("finds nobody of another's", async () => {
    const { email } = await makeColleague([(await ownerOf()).account]);
    const { owner, account } = await ownerOf();
    for (const path of [named(account), `${analysts}?`])
      expect(answered(await owner.get(`${path}&search=${email}`))).toEqual(only());
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
