import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

import { setAccount } from "../../support/database.ts";
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
  createColleague,
  currentAnalyst,
  noUser,
  type UserBody,
  userPath,
  usersPath,
} from "../../support/organization-users.ts";
import {
  createKnownUser,
  createMember,
  inactive,
  notAllowed,
  notFound,
} from "../../support/organizations.ts";

interface Case {
  /** The user and the caller. */
  readonly make: () => Promise<{ caller: Caller; uuid: string }>;
  readonly get: number;
  readonly put: number;
  readonly patch: number;
  readonly remove: number;
}

const read = { get: 200, put: 403, patch: 403, remove: 403 };
const all = { get: 200, put: 200, patch: 200, remove: 204 };
const none = { get: 404, put: 404, patch: 404, remove: 404 };

/** Creates an owner with an account. */
async function ownerOf(): Promise<{ owner: Caller; account: TestAccount }> {
  const owner = await createUser();
  return { owner, account: await createAccount(owner) };
}

/** A member who has never signed in, with a caller who is in a group. */
async function byGroup(group: 1 | 2 | 3): Promise<{ caller: Caller; uuid: string }> {
  const { account } = await ownerOf();
  const caller = await createUser();
  await addToGroup(caller, group);
  return { caller, uuid: (await createColleague([account])).uuid };
}

const cases: Readonly<Record<string, Case>> = {
  "oneself, in no account": {
    make: async () => {
      const caller = await createUser();
      return { caller, uuid: (await currentAnalyst(caller)).uuid };
    },
    ...all,
  },
  "oneself, a member": {
    make: async () => {
      const caller = await createMember((await ownerOf()).account);
      return { caller, uuid: (await currentAnalyst(caller)).uuid };
    },
    ...all,
  },
  "oneself, the only owner of an account": {
    make: async () => {
      const { owner } = await ownerOf();
      return { caller: owner, uuid: (await currentAnalyst(owner)).uuid };
    },
    ...all,
    remove: 400,
  },
  "the owner of the account a user who never signed in is in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await createColleague([account])).uuid };
    },
    ...all,
  },
  "the owner of both accounts a user who never signed in is in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await createColleague([account, await createAccount(owner)])).uuid };
    },
    ...all,
  },
  "one of two owners of the account": {
    make: async () => {
      const { account } = await ownerOf();
      const second = await createUser();
      await addMember(account, second, "AOWNER");
      return { caller: second, uuid: (await createColleague([account])).uuid };
    },
    ...all,
  },
  "the owner of the account, the other owner of it having never signed in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await createColleague([account], { role: "AOWNER" })).uuid };
    },
    ...all,
  },
  "the owner of the account a user who has signed in is in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await currentAnalyst(await createMember(account))).uuid };
    },
    ...read,
  },
  "the owner of the account a user who never signed in is in, beside another's": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: owner, uuid: (await createColleague([account, (await ownerOf()).account])).uuid };
    },
    ...read,
  },
  "the owner of one account, a member of the other": {
    make: async () => {
      const { owner, account } = await ownerOf();
      const other = await ownerOf();
      await addMember(other.account, owner);
      return { caller: owner, uuid: (await createColleague([account, other.account])).uuid };
    },
    ...read,
  },
  "an owner, of another owner who has signed in": {
    make: async () => {
      const { owner, account } = await ownerOf();
      const second = await createUser();
      await addMember(account, second, "AOWNER");
      return { caller: second, uuid: (await currentAnalyst(owner)).uuid };
    },
    ...read,
  },
  "a member of the same account": {
    make: async () => {
      const { account } = await ownerOf();
      return { caller: await createMember(account), uuid: (await createColleague([account])).uuid };
    },
    ...none,
  },
  "a member, of the account's owner": {
    make: async () => {
      const { owner, account } = await ownerOf();
      return { caller: await createMember(account), uuid: (await currentAnalyst(owner)).uuid };
    },
    ...none,
  },
  "the owner of another account": {
    make: async () => {
      const { account } = await ownerOf();
      return { caller: (await ownerOf()).owner, uuid: (await createColleague([account])).uuid };
    },
    ...none,
  },
  "an owner, of a user in no account": {
    make: async () => ({ caller: (await ownerOf()).owner, uuid: (await createColleague([])).uuid }),
    ...none,
  },
  Administrators: { make: () => byGroup(1), ...all },
  Metering: { make: () => byGroup(2), ...none },
  Support: { make: () => byGroup(3), ...read },
  "the operator": {
    make: async () => ({
      caller: await createOperator(),
      uuid: (await currentAnalyst(await createMember((await ownerOf()).account))).uuid,
    }),
    ...all,
  },
};

const refusals: Readonly<Record<number, unknown>> = { 403: notAllowed, 404: noUser };

describe.each(Object.entries(cases))("%s", (_, { make, get, put, patch, remove }) => {
  it(`the user endpoint answers ${get} to GET, ${put} to PUT, ${patch} to PATCH, ${remove} to DELETE`, async () => {
    const { caller, uuid } = await make();
    const stored = () => env.DB.prepare("SELECT * FROM users WHERE uuid = ?").bind(uuid).first();
    const seen = await caller.get(userPath(uuid));
    expect(seen.status).toBe(get);
    if (get === 404) expect(seen.body).toEqual(noUser);
    const word = unique("Named");
    for (const [method, status, fields] of [
      ["PUT", put, { first_name: word }],
      ["PATCH", patch, { last_name: word }],
    ] as const) {
      const before = await stored();
      const answer = await caller.send(method, userPath(uuid), fields);
      expect([method, answer.status]).toEqual([method, status]);
      if (status === 200) {
        expect(answer.body).toMatchObject({ uuid, ...fields });
        expect(statusAndBody(await caller.get(userPath(uuid)))).toEqual({ status: 200, body: answer.body });
      } else {
        expect(answer.body).toEqual(refusals[status]);
        expect(await stored()).toEqual(before);
      }
    }
    // The body is validated only if the user may be changed.
    if (put !== 200) expect((await caller.put(userPath(uuid), { email: "nobody" })).status).toBe(put);
    const gone = await caller.delete(userPath(uuid));
    expect(gone.status).toBe(remove);
    if (remove === 204) expect([gone.text, await stored()]).toEqual(["", null]);
    else expect(await stored()).not.toBeNull();
    if (remove in refusals) expect(gone.body).toEqual(refusals[remove]);
  });
});

describe("missing users", () => {
  it.each(["GET", "PUT", "PATCH", "DELETE"])("%s of a missing user is 404", async (method) => {
    for (const caller of [await createUser(), await createOperator()]) {
      const path = userPath(crypto.randomUUID());
      expect(statusAndBody(await caller.send(method, path))).toEqual({ status: 404, body: noUser });
      expect(statusAndBody(await caller.send(method, userPath("7")))).toEqual({
        status: 404,
        body: notFound,
      });
    }
  });

  it("a user is found by any spelling of the uuid", async () => {
    const me = await createUser();
    const { uuid } = await currentAnalyst(me);
    expect((await me.get(userPath(uuid.toUpperCase()))).body.uuid).toBe(uuid);
    expect((await me.get(userPath(uuid.replaceAll("-", "")))).body.uuid).toBe(uuid);
  });
});

describe("attempts to take over a user", () => {
  it("changing the e-mail of another owner's user is refused, and their sign-in stays theirs [R30]", async () => {
    const { account } = await ownerOf();
    const address = `${unique("victim")}@example.com`;
    const { uuid } = await createColleague([account], { email: address });
    const thief = (await ownerOf()).owner;
    const mine = `${unique("thief")}@example.com`;
    expect((await thief.patch(userPath(uuid), { email: mine })).status).toBe(404);
    expect((await thief.put(userPath(uuid), { email: mine })).status).toBe(404);
    const victim = await createUser({ email: address });
    expect((await victim.get("/api/v1/user")).body.id).toBe(uuid);
  });

  it("a user who is also in another owner's account cannot be changed", async () => {
    const { account } = await ownerOf();
    const thief = await ownerOf();
    const { uuid, email } = await createColleague([account, thief.account]);
    const answer = await thief.owner.patch(userPath(uuid), { email: `${unique("thief")}@example.com` });
    expect(statusAndBody(answer)).toEqual({ status: 403, body: notAllowed });
    expect((await (await createUser({ email })).get("/api/v1/user")).body.id).toBe(uuid);
  });

  it("taking another user's address gives no access to them", async () => {
    const { account } = await ownerOf();
    const { uuid, email } = await createColleague([account]);
    const thief = await createUser();
    const me = await currentAnalyst(thief);
    expect((await thief.patch(userPath(me.uuid), { email })).status).toBe(200);
    expect((await thief.get(userPath(uuid))).status).toBe(404);
    expect((await (await createUser({ email })).get("/api/v1/user")).body.id).toBe(uuid);
  });

  it("a user in a group cannot be changed by an owner, who would gain the group's permissions", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await createColleague([account]);
    expect((await (await createOperator()).patch(userPath(uuid), { groups: [1] })).status).toBe(200);
    const mine = `${unique("second")}@example.com`;
    const answer = await owner.patch(userPath(uuid), { email: mine });
    expect(statusAndBody(answer)).toEqual({ status: 403, body: notAllowed });
    const second = await createUser({ email: mine });
    expect((await currentAnalyst(second)).groups).toEqual([]);
  });

  it("an owner can no longer change a user who has signed in", async () => {
    const { owner, account } = await ownerOf();
    const { uuid, email } = await createColleague([account]);
    expect((await owner.patch(userPath(uuid), { first_name: "Ada" })).status).toBe(200);
    expect((await (await createUser({ email })).get("/api/v1/user")).body.id).toBe(uuid);
    for (const answer of [
      await owner.patch(userPath(uuid), { email: "mine@example.com" }),
      await owner.patch(userPath(uuid), { is_active: false }),
      await owner.delete(userPath(uuid)),
    ])
      expect(statusAndBody(answer)).toEqual({ status: 403, body: notAllowed });
  });
});

describe("groups", () => {
  let owner: Caller;
  let member: Caller;
  let colleague: string;
  beforeAll(async () => {
    const made = await ownerOf();
    owner = made.owner;
    member = await createMember(made.account);
    colleague = userPath((await createColleague([made.account])).uuid);
  });

  it("nobody without groups:assign can set groups, their own or others'", async () => {
    const support = await createUser();
    await addToGroup(support, 3);
    for (const caller of [owner, member, support]) {
      const me = await currentAnalyst(caller);
      const refused = { status: 403, body: notAllowed };
      for (const method of ["PUT", "PATCH"]) {
        expect(statusAndBody(await caller.send(method, userPath(me.uuid), { groups: [1] }))).toEqual(refused);
        expect(statusAndBody(await caller.send(method, userPath(me.uuid), { groups: me.groups }))).toEqual({
          status: 200,
          body: me,
        });
      }
    }
    expect(statusAndBody(await owner.patch(colleague, { groups: [2], first_name: "Not" }))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect((await owner.get(colleague)).body).toMatchObject({ groups: [], first_name: "" });
    expect(statusAndBody(await owner.post(usersPath, { groups: [3] }))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect((await owner.post(usersPath, { groups: [] })).status).toBe(201);
  });

  it("without groups:assign groups cannot be removed either", async () => {
    const support = await createUser();
    await addToGroup(support, 3);
    const me = await currentAnalyst(support);
    expect(me.groups).toEqual([3]);
    expect(statusAndBody(await support.patch(userPath(me.uuid), { groups: [] }))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect(await currentAnalyst(support)).toEqual(me);
  });

  it("groups set with groups:assign take effect at once and can be removed again", async () => {
    const admin = await createUser();
    await addToGroup(admin, 1);
    for (const caller of [admin, await createOperator()]) {
      const user = await createUser();
      const me = await currentAnalyst(user);
      expect((await user.get(colleague)).status).toBe(404);
      const set = await caller.patch(userPath(me.uuid), { groups: [3, 2, 3] });
      expect(statusAndBody(set)).toEqual({ status: 200, body: { ...me, groups: [2, 3] } });
      expect((await user.get(colleague)).status).toBe(200);
      expect((await caller.put(userPath(me.uuid), { groups: [2] })).body.groups).toEqual([2]);
      expect((await user.get(colleague)).status).toBe(404);
      expect((await caller.patch(userPath(me.uuid), { groups: [] })).body).toEqual(me);
    }
  });
});

describe("deactivated users", () => {
  it("a deactivated user is refused at once on both APIs, and works again when reactivated", async () => {
    const root = await createOperator();
    const user = await createUser();
    const me = await currentAnalyst(user);
    expect((await root.patch(userPath(me.uuid), { is_active: false })).body).toEqual({
      ...me,
      is_active: false,
    });
    expect(statusAndBody(await user.get(usersPath))).toEqual({ status: 401, body: inactive });
    const other = await user.get("/api/v1/user");
    expect([other.status, other.body.detail]).toEqual([401, "User inactive or deleted"]);
    expect(statusAndBody(await user.patch(userPath(me.uuid), { is_active: true }))).toEqual({
      status: 401,
      body: inactive,
    });
    expect((await root.patch(userPath(me.uuid), { is_active: true })).status).toBe(200);
    expect(await currentAnalyst(user)).toEqual(me);
  });

  it("users may deactivate themselves", async () => {
    const user = await createUser();
    const me = await currentAnalyst(user);
    expect((await user.patch(userPath(me.uuid), { is_active: false })).status).toBe(200);
    expect(statusAndBody(await user.get(usersPath))).toEqual({ status: 401, body: inactive });
  });
});

describe("deleted users", () => {
  it("a deleted user's earlier tokens are refused, and a newer token makes a new user", async () => {
    const email = `${unique("gone")}@example.com`;
    const user = await createUser({ email });
    const { account } = await ownerOf();
    await addMember(account, user);
    const me = await currentAnalyst(user);
    expect((await user.delete(userPath(me.uuid))).status).toBe(204);
    const invalid = { status: 401, body: { detail: "Invalid token." } };
    expect(statusAndBody(await user.get(usersPath))).toEqual(invalid);
    expect(statusAndBody(await user.get(userPath(me.uuid)))).toEqual(invalid);
    expect(statusAndBody(await user.delete(userPath(me.uuid)))).toEqual(invalid);
    const iat = Math.floor(Date.now() / 1000) + 2;
    const again = await createUser({ email, iat });
    const reborn = await currentAnalyst(again);
    expect(reborn.uuid).not.toBe(me.uuid);
    expect(reborn.id).toBeGreaterThan(me.id);
    expect((await again.get("/api/v1/accounts")).body).toEqual([]);
    expect(statusAndBody(await user.get(usersPath))).toEqual(invalid);
  });

  it("a deleted user frees the seat and leaves the account's list", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await createColleague([account]);
    expect((await owner.get(`/api/v1/account/${account.id}`)).body.current_users).toBe(2);
    expect((await owner.delete(userPath(uuid))).status).toBe(204);
    expect((await owner.get(`/api/v1/account/${account.id}`)).body.current_users).toBe(1);
    expect(statusAndBody(await owner.delete(userPath(uuid)))).toEqual({ status: 404, body: noUser });
    expect((await owner.get(usersPath)).body.count).toBe(1);
  });
});

describe("users of a blocked account", () => {
  it.each([["manager"], ["trial_expired"]])(
    "the owner of an account blocked as %s can read its users and not change them",
    async (state) => {
      const { owner, account } = await ownerOf();
      const { uuid } = await createColleague([account]);
      await setAccount(account, { blocking_state: state });
      const blocked = { status: 403, body: { detail: `This organization is blocked: ${state}.` } };
      expect((await owner.get(userPath(uuid))).status).toBe(200);
      expect((await owner.get(usersPath)).body.count).toBe(2);
      expect(statusAndBody(await owner.post(usersPath, {}))).toEqual(blocked);
      expect(statusAndBody(await owner.put(userPath(uuid), { first_name: "N" }))).toEqual(blocked);
      expect(statusAndBody(await owner.patch(userPath(uuid), { first_name: "N" }))).toEqual(blocked);
      expect(statusAndBody(await owner.delete(userPath(uuid)))).toEqual(blocked);
      const me = await currentAnalyst(owner);
      expect((await owner.patch(userPath(me.uuid), { first_name: "N" })).status).toBe(200);
      const root = await createOperator();
      expect((await root.patch(userPath(uuid), { first_name: "N" })).status).toBe(200);
      expect((await root.post(`${usersPath}?organization=${account.id}`, {})).status).toBe(201);
      expect((await root.delete(userPath(uuid))).status).toBe(204);
    },
  );

  it("a blocked account also protects its users who are in the owner's other account", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await createColleague([account, await createAccount(owner)]);
    await setAccount(account, { blocking_state: "budget" });
    expect((await owner.patch(userPath(uuid), { first_name: "N" })).status).toBe(403);
  });

  it("an account over its quota does not block changes of its users", async () => {
    const { owner, account } = await ownerOf();
    const { uuid } = await createColleague([account]);
    await setAccount(account, { quota_until: Date.now() + 1_000_000 });
    expect((await owner.patch(userPath(uuid), { first_name: "N" })).status).toBe(200);
    expect((await owner.post(usersPath, {})).status).toBe(201);
  });
});

it("a user looks the same to everyone who may see them", async () => {
  const { owner, account } = await ownerOf();
  const member = await createKnownUser();
  await addMember(account, member);
  const me: UserBody = await currentAnalyst(member);
  expect(me).toEqual({
    id: expect.any(Number),
    uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    email: member.email,
    first_name: "",
    last_name: "",
    groups: [],
    is_active: true,
  });
  for (const caller of [owner, await createOperator()])
    expect(statusAndBody(await caller.get(userPath(me.uuid)))).toEqual({ status: 200, body: me });
});
