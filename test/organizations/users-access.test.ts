/** Who sees and changes whom. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

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
import { setAccount } from "../accounts/rows.ts";
import { answered, inactive, makeMember, notAllowed, notFound, someoneKnown } from "./requests.ts";
import { makeColleague, noUser, oneUser, shownMe, users, type ShownUser } from "./users.ts";

interface Case {
  /** The user, and who asks about them. */
  readonly make: () => Promise<{ caller: Caller; uuid: string }>;
  readonly get: number;
  readonly put: number;
  readonly patch: number;
  readonly remove: number;
}

const read = { get: 200, put: 403, patch: 403, remove: 403 };
const all = { get: 200, put: 200, patch: 200, remove: 204 };
const none = { get: 404, put: 404, patch: 404, remove: 404 };

/** An owner with an account. */
async function ownerOf(): Promise<{ owner: Caller; account: MadeAccount }> {
  const owner = await someone();
  return { owner, account: await makeAccount(owner) };
}

/** A user in somebody's account who has never signed in, asked about by a member of a group. */
async function byGroup(group: 1 | 2 | 3): Promise<{ caller: Caller; uuid: string }> {
  const { account } = await ownerOf();
  const caller = await someone();
  await addToGroup(caller, group);
  return { caller, uuid: (await makeColleague([account])).uuid };
}

const cases: Readonly<Record<string, Case>> = {
  "oneself, in no account": {
    make: async () => {
      const caller = await someone();
      return { caller, uuid: (await shownMe(caller)).uuid };
    },
    ...all,
  },
  "oneself, a member": {
    make: async () => {
      const caller = await makeMember((await ownerOf()).account);
      return { caller, uuid: (await shownMe(caller)).uuid };
    },
    ...all,
  },
  "oneself, the only owner of an account": {
    make: async () => {
      const { owner } = await ownerOf();
      return { caller: owner, uuid: (await shownMe(owner)).uuid };
    },
    ...all,
    remove: 400,
  },
  "the owner of the account a user who never signed in is in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await makeColleague([account])).uuid };
    },
    ...all,
  },
  "the owner of both accounts a user who never signed in is in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await makeColleague([account, await makeAccount(owner)])).uuid };
    },
    ...all,
  },
  "one of two owners of the account": {
    make: async () => {
      const { account } = await ownerOf();
      const second = await someone();
      await addMember(account, second, "AOWNER");
      return { caller: second, uuid: (await makeColleague([account])).uuid };
    },
    ...all,
  },
  "the owner of the account, the other owner of it having never signed in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await makeColleague([account], { role: "AOWNER" })).uuid };
    },
    ...all,
  },
  "the owner of the account a user who has signed in is in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await shownMe(await makeMember(account))).uuid };
    },
    ...read,
  },
  "the owner of the account a user who never signed in is in, beside another's": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await makeColleague([account, (await ownerOf()).account])).uuid };
    },
    ...read,
  },
  "the owner of one account, a member of the other": {
    make: async () => {
      const { owner, account } = await ownerOf();
      const other = await ownerOf();
      await addMember(other.account, owner);
      return { caller: owner, uuid: (await makeColleague([account, other.account])).uuid };
    },
    ...read,
  },
  "an owner, of another owner who has signed in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      const second = await someone();
      await addMember(account, second, "AOWNER");
      return { caller: second, uuid: (await shownMe(owner)).uuid };
    },
    ...read,
  },
  "a member of the same account": {
    make: async () => {
      const { account } = await ownerOf();
      return { caller: await makeMember(account), uuid: (await makeColleague([account])).uuid };
    },
    ...none,
  },
  "a member, of the account's owner": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: await makeMember(account), uuid: (await shownMe(owner)).uuid };
    },
    ...none,
  },
  "the owner of another account": {
    make: async () => {
      const { account } = await ownerOf();
      return { caller: (await ownerOf()).owner, uuid: (await makeColleague([account])).uuid };
    },
    ...none,
  },
  "an owner, of a user in no account": {
    make: async () => ({ caller: (await ownerOf()).owner, uuid: (await makeColleague([])).uuid }),
    ...none,
  },
  Administrators: { make: () => byGroup(1), ...all },
  Metering: { make: () => byGroup(2), ...none },
  Support: { make: () => byGroup(3), ...read },
  "the operator": {
    make: async () => ({
      caller: await operator(),
      uuid: (await shownMe(await makeMember((await ownerOf()).account))).uuid,
    }),
    ...all,
  },
};

const refusals: Readonly<Record<number, unknown>> = { 403: notAllowed, 404: noUser };

describe.each(Object.entries(cases))("%s", (_, { make, get, put, patch, remove }) => {
  it(`is answered ${get} to GET, ${put} to PUT, ${patch} to PATCH, ${remove} to DELETE`, async () => {
    const { caller, uuid } = await make();
    const stored = () => env.DB.prepare("SELECT * FROM users WHERE uuid = ?").bind(uuid).first();
    const seen = await caller.get(oneUser(uuid));
    expect(seen.status).toBe(get);
    if (get === 404) expect(seen.body).toEqual(noUser);
    const word = unique("Named");
    for (const [method, status, fields] of [
      ["PUT", put, { first_name: word }],
      ["PATCH", patch, { last_name: word }],
    ] as const) {
      const before = await stored();
      const answer = await caller.send(method, oneUser(uuid), fields);
      expect([method, answer.status]).toEqual([method, status]);
      if (status === 200) {
        expect(answer.body).toMatchObject({ uuid, ...fields });
        expect(answered(await caller.get(oneUser(uuid)))).toEqual({ status: 200, body: answer.body });
      } else {
        expect(answer.body).toEqual(refusals[status]);
        expect(await stored()).toEqual(before);
      }
    }
    // What a body holds is looked at only once the user may be changed.
    if (put !== 200) expect((await caller.put(oneUser(uuid), { email: "nobody" })).status).toBe(put);
    const gone = await caller.delete(oneUser(uuid));
    expect(gone.status).toBe(remove);
    if (remove === 204) expect([gone.text, await stored()]).toEqual(["", null]);
    else expect(await stored()).not.toBeNull();
    if (remove in refusals) expect(gone.body).toEqual(refusals[remove]);
  });
});

describe("a user who is not there", () => {
  it.each(["GET", "PUT", "PATCH", "DELETE"])("%s", async (method) => {
    for (const caller of [await someone(), await operator()]) {
      const path = oneUser(crypto.randomUUID());
      expect(answered(await caller.send(method, path))).toEqual({ status: 404, body: noUser });
      expect(answered(await caller.send(method, oneUser("7")))).toEqual({ status: 404, body: notFound });
    }
  });

  it("is found in any spelling of the uuid", async () => {
    const me = await someone();
    const { uuid } = await shownMe(me);
    expect((await me.get(oneUser(uuid.toUpperCase()))).body.uuid).toBe(uuid);
    expect((await me.get(oneUser(uuid.replaceAll("-", "")))).body.uuid).toBe(uuid);
  });
});

describe("taking over", () => {
  it("a user of another's account by their e-mail is refused, and their sign-in is theirs [R30]", async () => {
    const { account } = await ownerOf();
    const address = `${unique("victim")}@example.com`;
    const { uuid } = await makeColleague([account], { email: address });
    const thief = (await ownerOf()).owner;
    const mine = `${unique("thief")}@example.com`;
    expect((await thief.patch(oneUser(uuid), { email: mine })).status).toBe(404);
    expect((await thief.put(oneUser(uuid), { email: mine })).status).toBe(404);
    const victim = await someone({ email: address });
    expect((await victim.get("/api/v1/user")).body.id).toBe(uuid);
  });

  it("a user shared with another's account is refused", async () => {
    const { account } = await ownerOf();
    const thief = await ownerOf();
    const { uuid, email } = await makeColleague([account, thief.account]);
    const answer = await thief.owner.patch(oneUser(uuid), { email: `${unique("thief")}@example.com` });
    expect(answered(answer)).toEqual({ status: 403, body: notAllowed });
    expect((await (await someone({ email })).get("/api/v1/user")).body.id).toBe(uuid);
  });

  it("a user by taking their address for oneself gives nothing", async () => {
    const { account } = await ownerOf();
    const { uuid, email } = await makeColleague([account]);
    const thief = await someone();
    const me = await shownMe(thief);
    expect((await thief.patch(oneUser(me.uuid), { email })).status).toBe(200);
    expect((await thief.get(oneUser(uuid))).status).toBe(404);
    expect((await (await someone({ email })).get("/api/v1/user")).body.id).toBe(uuid);
  });

  it("a user whom somebody has put into a group is refused: the group would come with them", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await makeColleague([account]);
    expect((await (await operator()).patch(oneUser(uuid), { groups: [1] })).status).toBe(200);
    const mine = `${unique("second")}@example.com`;
    const answer = await owner.patch(oneUser(uuid), { email: mine });
    expect(answered(answer)).toEqual({ status: 403, body: notAllowed });
    const second = await someone({ email: mine });
    expect((await shownMe(second)).groups).toEqual([]);
  });

  it("ends when the user signs in: the owner may not change them any more", async () => {
    const { owner, account } = await ownerOf();
    const { uuid, email } = await makeColleague([account]);
    expect((await owner.patch(oneUser(uuid), { first_name: "Ada" })).status).toBe(200);
    expect((await (await someone({ email })).get("/api/v1/user")).body.id).toBe(uuid);
    for (const answer of [
      await owner.patch(oneUser(uuid), { email: "mine@example.com" }),
      await owner.patch(oneUser(uuid), { is_active: false }),
      await owner.delete(oneUser(uuid)),
    ])
      expect(answered(answer)).toEqual({ status: 403, body: notAllowed });
  });
});

describe("groups", () => {
  let owner: Caller;
  let member: Caller;
  let colleague: string;
  beforeAll(async () => {
    const made = await ownerOf();
    owner = made.owner;
    member = await makeMember(made.account);
    colleague = oneUser((await makeColleague([made.account])).uuid);
  });

  it("are set by nobody for themselves or for others without the permission", async () => {
    const support = await someone();
    await addToGroup(support, 3);
    for (const caller of [owner, member, support]) {
      const me = await shownMe(caller);
      const refused = { status: 403, body: notAllowed };
      for (const method of ["PUT", "PATCH"]) {
        expect(answered(await caller.send(method, oneUser(me.uuid), { groups: [1] }))).toEqual(refused);
        expect(answered(await caller.send(method, oneUser(me.uuid), { groups: me.groups }))).toEqual({
          status: 200,
          body: me,
        });
      }
    }
    expect(answered(await owner.patch(colleague, { groups: [2], first_name: "Not" }))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect((await owner.get(colleague)).body).toMatchObject({ groups: [], first_name: "" });
    expect(answered(await owner.post(users, { groups: [3] }))).toEqual({ status: 403, body: notAllowed });
    expect((await owner.post(users, { groups: [] })).status).toBe(201);
  });

  it("are left neither: without the permission they stay", async () => {
    const support = await someone();
    await addToGroup(support, 3);
    const me = await shownMe(support);
    expect(me.groups).toEqual([3]);
    expect(answered(await support.patch(oneUser(me.uuid), { groups: [] }))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect(await shownMe(support)).toEqual(me);
  });

  it("are set by who may assign them, take effect at once, and are taken again", async () => {
    const admin = await someone();
    await addToGroup(admin, 1);
    for (const caller of [admin, await operator()]) {
      const user = await someone();
      const me = await shownMe(user);
      expect((await user.get(colleague)).status).toBe(404);
      const set = await caller.patch(oneUser(me.uuid), { groups: [3, 2, 3] });
      expect(answered(set)).toEqual({ status: 200, body: { ...me, groups: [2, 3] } });
      expect((await user.get(colleague)).status).toBe(200);
      expect((await caller.put(oneUser(me.uuid), { groups: [2] })).body.groups).toEqual([2]);
      expect((await user.get(colleague)).status).toBe(404);
      expect((await caller.patch(oneUser(me.uuid), { groups: [] })).body).toEqual(me);
    }
  });
});

describe("a user who is deactivated", () => {
  it("is locked out at once on both faces, and back when activated again", async () => {
    const root = await operator();
    const user = await someone();
    const me = await shownMe(user);
    expect((await root.patch(oneUser(me.uuid), { is_active: false })).body).toEqual({
      ...me,
      is_active: false,
    });
    expect(answered(await user.get(users))).toEqual({ status: 401, body: inactive });
    const other = await user.get("/api/v1/user");
    expect([other.status, other.body.detail]).toEqual([401, "User inactive or deleted"]);
    expect(answered(await user.patch(oneUser(me.uuid), { is_active: true }))).toEqual({
      status: 401,
      body: inactive,
    });
    expect((await root.patch(oneUser(me.uuid), { is_active: true })).status).toBe(200);
    expect(await shownMe(user)).toEqual(me);
  });

  it("may have done it themselves", async () => {
    const user = await someone();
    const me = await shownMe(user);
    expect((await user.patch(oneUser(me.uuid), { is_active: false })).status).toBe(200);
    expect(answered(await user.get(users))).toEqual({ status: 401, body: inactive });
  });
});

describe("a user who is deleted", () => {
  it("is refused with the tokens from before, and is a new one with a newer", async () => {
    const email = `${unique("gone")}@example.com`;
    const user = await someone({ email });
    const { account } = await ownerOf();
    await addMember(account, user);
    const me = await shownMe(user);
    expect((await user.delete(oneUser(me.uuid))).status).toBe(204);
    const invalid = { status: 401, body: { detail: "Invalid token." } };
    expect(answered(await user.get(users))).toEqual(invalid);
    expect(answered(await user.get(oneUser(me.uuid)))).toEqual(invalid);
    expect(answered(await user.delete(oneUser(me.uuid)))).toEqual(invalid);
    const iat = Math.floor(Date.now() / 1000) + 2;
    const again = await someone({ email, iat });
    const reborn = await shownMe(again);
    expect(reborn.uuid).not.toBe(me.uuid);
    expect(reborn.id).toBeGreaterThan(me.id);
    expect((await again.get("/api/v1/accounts")).body).toEqual([]);
    expect(answered(await user.get(users))).toEqual(invalid);
  });

  it("frees the seat and leaves the account's list", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await makeColleague([account]);
    expect((await owner.get(`/api/v1/account/${account.id}`)).body.current_users).toBe(2);
    expect((await owner.delete(oneUser(uuid))).status).toBe(204);
    expect((await owner.get(`/api/v1/account/${account.id}`)).body.current_users).toBe(1);
    expect(answered(await owner.delete(oneUser(uuid)))).toEqual({ status: 404, body: noUser });
    expect((await owner.get(users)).body.count).toBe(1);
  });
});

describe("a blocked account", () => {
  it.each([["manager"], ["trial_expired"]])("(%s) is read and not written by its owner", async (state) => {
    const { owner, account } = await ownerOf();
    const { uuid } = await makeColleague([account]);
    await setAccount(account, { blocking_state: state });
    const blocked = { status: 403, body: { detail: `This organization is blocked: ${state}.` } };
    expect((await owner.get(oneUser(uuid))).status).toBe(200);
    expect((await owner.get(users)).body.count).toBe(2);
    expect(answered(await owner.post(users, {}))).toEqual(blocked);
    expect(answered(await owner.put(oneUser(uuid), { first_name: "N" }))).toEqual(blocked);
    expect(answered(await owner.patch(oneUser(uuid), { first_name: "N" }))).toEqual(blocked);
    expect(answered(await owner.delete(oneUser(uuid)))).toEqual(blocked);
    const me = await shownMe(owner);
    expect((await owner.patch(oneUser(me.uuid), { first_name: "N" })).status).toBe(200);
    const root = await operator();
    expect((await root.patch(oneUser(uuid), { first_name: "N" })).status).toBe(200);
    expect((await root.post(`${users}?organization=${account.id}`, {})).status).toBe(201);
    expect((await root.delete(oneUser(uuid))).status).toBe(204);
  });

  it("is blocked for the users of an owner's other account that are in it too", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await makeColleague([account, await makeAccount(owner)]);
    await setAccount(account, { blocking_state: "budget" });
    expect((await owner.patch(oneUser(uuid), { first_name: "N" })).status).toBe(403);
  });

  it("by its quota blocks none of it", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await makeColleague([account]);
    await setAccount(account, { quota_until: Date.now() + 1_000_000 });
    expect((await owner.patch(oneUser(uuid), { first_name: "N" })).status).toBe(200);
    expect((await owner.post(users, {})).status).toBe(201);
  });
});

it("a user shows the same to everyone who sees them", async () => {
  const { owner, account } = await ownerOf();
  const member = await someoneKnown();
  await addMember(account, member);
  const me: ShownUser = await shownMe(member);
  expect(me).toEqual({
    id: expect.any(Number),
    uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    email: member.email,
    first_name: "",
    last_name: "",
    groups: [],
    is_active: true,
  });
  for (const caller of [owner, await operator()])
    expect(answered(await caller.get(oneUser(me.uuid)))).toEqual({ status: 200, body: me });
});
