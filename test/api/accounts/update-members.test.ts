import { describe, expect, it } from "vitest";

import { deactivate, setAccount } from "../../support/database.ts";
import {
  type Caller,
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  auditRowsOf,
  blocked,
  createAccountWithOwner,
  joinAccount,
  lastOwner,
  membersPath,
  missingPermission,
  noAccess,
  noContent,
  noSeat,
  rolesIn,
  seatsTaken,
  statusAndText,
  userIdOf,
} from "../../support/members.ts";
import { createColleague } from "../../support/organization-users.ts";
import { createAccountWithMember } from "../../support/organizations.ts";

const update = (caller: Caller, account: TestAccount, changes: unknown) =>
  caller.patch(membersPath(account), changes);

/** Creates a user without accounts who has never signed in. */
async function aUser(): Promise<string> {
  return (await createColleague([])).uuid;
}

describe("updating members", () => {
  it("an update adds, changes and removes members and writes one audit row", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const [changed, deleted, same] = [
      await joinAccount(account),
      await joinAccount(account, "AOWNER"),
      await joinAccount(account),
    ];
    const [member, second] = [await aUser(), await aUser()];
    const answer = await update(owner, account, {
      add: [
        { id: second, role: "AOWNER" },
        { id: changed.id.toUpperCase(), role: "AOWNER" },
        { id: member.replaceAll("-", ""), role: "AMEMBER" },
        { id: same.id, role: "AMEMBER" },
      ],
      delete: [deleted.id],
    });
    expect(statusAndText(answer)).toEqual(noContent);
    expect(await rolesIn(account)).toEqual({
      [ownerId]: "AOWNER",
      [changed.id]: "AOWNER",
      [same.id]: "AMEMBER",
      [second]: "AOWNER",
      [member]: "AMEMBER",
    });
    expect(await auditRowsOf(account)).toEqual([
      {
        actor: ownerId,
        action: "members.updated",
        target: `account:${account.id}`,
        changes: {
          [second]: [null, "AOWNER"],
          [changed.id]: ["AMEMBER", "AOWNER"],
          [member]: [null, "AMEMBER"],
          [deleted.id]: ["AOWNER", null],
        },
      },
    ]);
  });

  it("an update takes effect at once for the named users", async () => {
    const { owner, account } = await createAccountWithOwner();
    const user = await createUser();
    const id = await userIdOf(user);
    await update(owner, account, { add: [{ id, role: "AMEMBER" }] });
    expect((await user.get("/api/v1/accounts")).body).toMatchObject([{ id: account.id }]);
    expect(statusAndBody(await user.get(membersPath(account)))).toEqual(missingPermission("members:read"));
    await update(owner, account, { add: [{ id, role: "AOWNER" }] });
    expect((await user.get(membersPath(account))).status).toBe(200);
    await update(owner, account, { delete: [id] });
    expect(statusAndBody(await user.get(membersPath(account)))).toEqual(noAccess);
  });

  it("removing non-members, unknown users and duplicates is ignored", async () => {
    const { owner, account } = await createAccountWithOwner();
    const other = await createAccountWithOwner();
    const before = [await rolesIn(account), await rolesIn(other.account)];
    const strangers = [other.ownerId, crypto.randomUUID(), other.ownerId, await aUser()];
    expect(statusAndText(await update(owner, account, { delete: strangers }))).toEqual(noContent);
    expect([await rolesIn(account), await rolesIn(other.account)]).toEqual(before);
    expect(await auditRowsOf(account)).toEqual([]);
    const { id } = await joinAccount(account);
    expect((await update(owner, account, { delete: [id, id.toUpperCase()] })).status).toBe(204);
    expect(await rolesIn(account)).toEqual(before[0]);
  });

  it("an empty update changes nothing and writes no audit row", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    for (const changes of [
      {},
      { add: null, delete: null },
      { add: [], delete: [] },
      { more: [1] },
      { add: [{ id: ownerId, role: "AOWNER", name: "No", email: "no@example.com" }] },
    ]) {
      expect(statusAndText(await update(owner, account, changes))).toEqual(noContent);
    }
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AOWNER" });
    expect(await auditRowsOf(account)).toEqual([]);
  });

  it("an update does not affect other accounts of the same users", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const other = await createAccount(owner);
    const id = await userIdOf(member);
    await update(owner, other, { add: [{ id, role: "AOWNER" }] });
    await update(owner, account, { delete: [id] });
    expect(await rolesIn(other)).toEqual({ [await userIdOf(owner)]: "AOWNER", [id]: "AOWNER" });
    await update(member, other, { delete: [await userIdOf(owner)] });
    expect(await rolesIn(account)).toEqual({ [await userIdOf(owner)]: "AOWNER" });
  });

  it("an update of a thousand entries each is done in one call", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    await setAccount(account, { type: "v3enterprise" });
    const { id } = await joinAccount(account);
    const strangers = Array.from({ length: 999 }, () => crypto.randomUUID());
    expect((await update(owner, account, { delete: [...strangers, id] })).status).toBe(204);
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AOWNER" });
  });
});

describe("who may update members", () => {
  it("owners and operators may update members; members and outsiders may not", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const outsider = (await createAccountWithOwner()).owner;
    const self = await userIdOf(member);
    const id = await aUser();
    const before = await rolesIn(account);
    for (const changes of [
      { add: [{ id: self, role: "AOWNER" }] },
      { delete: [self] },
      { delete: [await userIdOf(owner)] },
      { add: [{ id, role: "AMEMBER" }] },
      { add: [{ id: crypto.randomUUID(), role: "AMEMBER" }] },
      {},
    ]) {
      expect(statusAndBody(await update(member, account, changes))).toEqual(
        missingPermission("members:write"),
      );
      expect(statusAndBody(await update(outsider, account, changes))).toEqual(noAccess);
    }
    expect(await rolesIn(account)).toEqual(before);
    expect(
      statusAndText(await update(await createOperator(), account, { add: [{ id, role: "AOWNER" }] })),
    ).toEqual(noContent);
    expect(await rolesIn(account)).toEqual({ ...before, [id]: "AOWNER" });
  });

  it("a blocked account refuses updates, except from operators", async () => {
    const { owner, account, member } = await createAccountWithMember();
    await setAccount(account, { blocking_state: "manager" });
    const id = await userIdOf(member);
    for (const changes of [{ delete: [id] }, { add: [{ id, role: "AOWNER" }] }, {}]) {
      expect(statusAndBody(await update(owner, account, changes))).toEqual(blocked);
    }
    expect((await rolesIn(account))[id]).toBe("AMEMBER");
    expect(statusAndText(await update(await createOperator(), account, { delete: [id] }))).toEqual(noContent);
    await setAccount(account, { blocking_state: "unblocked", quota_until: Date.now() + 60_000 });
    expect(statusAndText(await update(owner, account, { add: [{ id, role: "AMEMBER" }] }))).toEqual(
      noContent,
    );
  });
});

describe("the last active owner", () => {
  it("the last owner may hand over in one call", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const { caller, id } = await joinAccount(account);
    const swap = {
      add: [
        { id: ownerId, role: "AMEMBER" },
        { id, role: "AOWNER" },
      ],
    };
    expect(statusAndText(await update(owner, account, swap))).toEqual(noContent);
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AMEMBER", [id]: "AOWNER" });
    const newcomer = await aUser();
    const handOver = { add: [{ id: newcomer, role: "AOWNER" }], delete: [id] };
    expect(statusAndText(await update(caller, account, handOver))).toEqual(noContent);
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AMEMBER", [newcomer]: "AOWNER" });
  });

  it("nobody can demote or remove all owners, or leave only an inactive one [R11]", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const second = await joinAccount(account, "AOWNER");
    const inactive = await joinAccount(account, "AOWNER");
    await deactivate(inactive.caller);
    const dormant = await joinAccount(account);
    await deactivate(dormant.caller);
    const before = await rolesIn(account);
    const demote = (...ids: string[]) => ids.map((id) => ({ id, role: "AMEMBER" }));
    for (const changes of [
      { add: demote(ownerId, second.id) },
      { add: demote(ownerId, second.id, inactive.id) },
      { delete: [ownerId, second.id] },
      { delete: [second.id, inactive.id, ownerId, dormant.id] },
      { add: demote(ownerId), delete: [second.id] },
      { add: [...demote(ownerId, second.id), { id: dormant.id, role: "AOWNER" }] },
    ]) {
      for (const caller of [owner, await createOperator()]) {
        expect(statusAndBody(await update(caller, account, changes))).toEqual(lastOwner);
      }
    }
    expect(await rolesIn(account)).toEqual(before);
    expect(await auditRowsOf(account)).toEqual([]);
    expect(
      statusAndText(await update(owner, account, { delete: [inactive.id], add: demote(second.id) })),
    ).toEqual(noContent);
  });
});

describe("seats", () => {
  it("members and pending invitations share the seats up to the limit", async () => {
    const { owner, account } = await createAccountWithOwner();
    await setAccount(account, { max_users: 3 });
    const [first, second] = [await aUser(), await aUser()];
    const add = (...ids: string[]) => ({ add: ids.map((id) => ({ id, role: "AMEMBER" })) });
    const invited = await owner.post(`/api/v1/account/${account.slug}/invite`, { email: "p@example.com" });
    expect(invited.status).toBe(200);
    expect(statusAndBody(await update(owner, account, add(first, second)))).toEqual(noSeat);
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
    expect(statusAndText(await update(owner, account, add(first)))).toEqual(noContent);
    for (const caller of [owner, await createOperator()]) {
      expect(statusAndBody(await update(caller, account, add(second)))).toEqual(noSeat);
    }
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 1 });
  });

  it("an update that takes no seat works in a full account", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const { id } = await joinAccount(account);
    await setAccount(account, { max_users: 1 });
    const next = await aUser();
    const swap = { add: [{ id: next, role: "AMEMBER" }], delete: [id] };
    expect(statusAndText(await update(owner, account, swap))).toEqual(noContent);
    expect(statusAndText(await update(owner, account, { add: [{ id: next, role: "AOWNER" }] }))).toEqual(
      noContent,
    );
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AOWNER", [next]: "AOWNER" });
    const growing = {
      add: [id, await aUser()].map((user) => ({ id: user, role: "AMEMBER" })),
      delete: [next],
    };
    expect(statusAndBody(await update(owner, account, growing))).toEqual(noSeat);
  });
});

describe("updates with an impossible part", () => {
  it("an impossible part undoes the whole update without a trace [R13]", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const { id } = await joinAccount(account);
    await setAccount(account, { max_users: 3 });
    const before = await rolesIn(account);
    const [first, second] = [await aUser(), await aUser()];
    const promote = { id, role: "AOWNER" };
    const joining = { id: first, role: "AMEMBER" };
    for (const [status, changes] of [
      [422, { add: [promote, joining, { id: crypto.randomUUID(), role: "AMEMBER" }] }],
      [409, { add: [joining], delete: [id, ownerId] }],
      [409, { add: [joining, { id: ownerId, role: "AMEMBER" }], delete: [id] }],
      [409, { add: [promote, joining, { id: second, role: "AMEMBER" }] }],
    ] as const) {
      expect((await update(owner, account, changes)).status).toBe(status);
      expect(await rolesIn(account)).toEqual(before);
    }
    expect(await auditRowsOf(account)).toEqual([]);
    expect((await owner.get(`/api/v1/account/${account.slug}`)).body).toMatchObject({ current_users: 2 });
  });
});
