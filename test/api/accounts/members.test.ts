import { describe, expect, it } from "vitest";

import { deactivate, setAccount } from "../../support/database.ts";
import {
  addToGroup,
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
  memberPath,
  membersPath,
  missingPermission,
  noAccess,
  noContent,
  noUser,
  rolesIn,
  statusAndText,
  userIdOf,
  uuidError,
} from "../../support/members.ts";
import { createAccountWithMember } from "../../support/organizations.ts";

const unknown = "6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1eff";

describe("one member", () => {
  it("owners and members see a member, by any spelling of the id", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: member, id } = await joinAccount(account, "AMEMBER", { name: "Ada King Lovelace" });
    const body = { id, name: "Ada King Lovelace", email: member.email, role: "AMEMBER" };
    for (const spelling of [id, id.toUpperCase(), id.replaceAll("-", ""), `urn:uuid:${id}`, `{${id}}`]) {
      for (const caller of [owner, member, await createOperator()]) {
        expect(statusAndBody(await caller.get(memberPath(account, spelling)))).toEqual({ status: 200, body });
      }
    }
    expect((await member.get(`/api/v1/account/${account.id}/user/${id}`)).body).toEqual(body);
  });

  it("a member's name may have one part or none", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const { id } = await joinAccount(account, "AOWNER", { name: "Ada" });
    expect((await owner.get(memberPath(account, id))).body).toMatchObject({ name: "Ada", role: "AOWNER" });
    expect((await owner.get(memberPath(account, ownerId))).body).toMatchObject({
      name: "",
      email: owner.email,
    });
  });

  it("a user who is not a member is 404, existing or not [R2]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const other = await createAccountWithOwner();
    const { id } = await joinAccount(other.account);
    for (const user of [id, other.ownerId, unknown]) {
      expect(statusAndBody(await owner.get(memberPath(account, user)))).toEqual(noUser);
    }
  });

  it("an outsider gets 403, whether the account exists or not", async () => {
    const { ownerId, account } = await createAccountWithOwner();
    const outsider = (await createAccountWithOwner()).owner;
    for (const path of [memberPath(account, ownerId), `/api/v1/account/no-such-account/user/${ownerId}`]) {
      expect(statusAndBody(await outsider.get(path))).toEqual(noAccess);
    }
  });

  it("reading one member needs members:search", async () => {
    const { ownerId, account } = await createAccountWithOwner();
    const support = await createUser();
    await addToGroup(support, 3);
    expect((await support.get(membersPath(account))).status).toBe(200);
    expect(statusAndBody(await support.get(memberPath(account, ownerId)))).toEqual(
      missingPermission("members:search"),
    );
  });

  it.each([
    { input: "nonsense", reason: "invalid character: found `n` at 1" },
    { input: "1", reason: "invalid length: expected length 32 for simple format, found 1" },
    { input: "00000000-0000-4000", reason: "invalid group count: expected 5, found 3" },
    { input: `${unknown}0`, reason: "invalid group length in group 4: expected 12, found 13" },
    { input: `${unknown.slice(0, -1)}g`, reason: "invalid character: found `g` at 36" },
  ])("a malformed id is rejected for everyone: $input", async ({ input, reason }) => {
    const { owner, account } = await createAccountWithOwner();
    const body = { detail: [{ ...uuidError(input, reason), loc: ["path", "user_id"] }] };
    for (const caller of [owner, await createUser()]) {
      expect(statusAndBody(await caller.get(memberPath(account, input)))).toEqual({ status: 422, body });
    }
    expect(statusAndBody(await owner.delete(memberPath(account, input)))).toEqual({ status: 422, body });
  });
});

describe("the list of members", () => {
  it("the list has all members in joining order, inactive ones too", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner({ name: "Zoe" });
    const ada = await joinAccount(account, "AMEMBER", { name: "Ada Lovelace" });
    const bob = await joinAccount(account, "AOWNER");
    const shown = [
      { id: ownerId, name: "Zoe", email: owner.email, role: "AOWNER" },
      { id: ada.id, name: "Ada Lovelace", email: ada.caller.email, role: "AMEMBER" },
      { id: bob.id, name: "", email: bob.caller.email, role: "AOWNER" },
    ];
    expect(statusAndBody(await owner.get(membersPath(account)))).toEqual({ status: 200, body: shown });
    await owner.patch(membersPath(account), { add: [{ id: ada.id, role: "AOWNER" }] });
    await deactivate(bob.caller);
    expect((await ada.caller.get(membersPath(account))).body).toEqual(
      shown.map((member) => ({ ...member, role: "AOWNER" })),
    );
    await owner.patch(membersPath(account), { delete: [ada.id] });
    await owner.patch(membersPath(account), { add: [{ id: ada.id, role: "AMEMBER" }] });
    expect((await owner.get(membersPath(account))).body).toEqual([shown[0], shown[2], shown[1]]);
  });

  it("members and outsiders get 403, and the list never has another account's members", async () => {
    const { account, member } = await createAccountWithMember();
    const other = await createAccountWithOwner();
    expect(statusAndBody(await member.get(membersPath(account)))).toEqual(missingPermission("members:read"));
    expect(statusAndBody(await other.owner.get(membersPath(account)))).toEqual(noAccess);
    expect((await other.owner.get(membersPath(other.account))).body).toMatchObject([{ id: other.ownerId }]);
  });

  it("a missing account is 404 for callers who may read every account", async () => {
    const missing = { status: 404, body: { detail: "Account not found" } };
    expect(
      statusAndBody(await (await createOperator()).get("/api/v1/account/no-such-account/users")),
    ).toEqual(missing);
  });
});

describe("leaving", () => {
  const leave = (caller: Caller, account: TestAccount, id: string) => caller.delete(memberPath(account, id));

  it("every member may leave and loses access", async () => {
    const { account, owner, member } = await createAccountWithMember();
    const id = await userIdOf(member);
    expect(statusAndText(await leave(member, account, id))).toEqual(noContent);
    expect(statusAndBody(await member.get(`/api/v1/account/${account.slug}`))).toEqual(noAccess);
    expect((await member.get("/api/v1/accounts")).body).toEqual([]);
    expect((await owner.get(membersPath(account))).body).toHaveLength(1);
    expect(await auditRowsOf(account)).toEqual([
      {
        actor: id,
        action: "members.updated",
        target: `account:${account.id}`,
        changes: { [id]: ["AMEMBER", null] },
      },
    ]);
  });

  it("leaving twice is answered as for an outsider", async () => {
    const { account, owner, member } = await createAccountWithMember();
    const id = await userIdOf(member);
    expect((await leave(member, account, id)).status).toBe(204);
    expect(statusAndBody(await leave(member, account, id))).toEqual(noAccess);
    expect(statusAndBody(await leave(owner, account, id))).toEqual(noUser);
  });

  it("a blocked account can be left, and only an operator can remove others", async () => {
    const { account, owner, member } = await createAccountWithMember();
    const { id: other } = await joinAccount(account);
    await setAccount(account, { blocking_state: "manager" });
    expect(statusAndBody(await leave(owner, account, other))).toEqual(blocked);
    expect(statusAndText(await leave(member, account, (await userIdOf(member)).toUpperCase()))).toEqual(
      noContent,
    );
    expect(statusAndText(await leave(await createOperator(), account, other))).toEqual(noContent);
    expect(Object.values(await rolesIn(account))).toEqual(["AOWNER"]);
  });

  it("an owner may remove members and owners", async () => {
    const { account, owner, member } = await createAccountWithMember();
    const second = await joinAccount(account, "AOWNER");
    expect(statusAndText(await leave(owner, account, await userIdOf(member)))).toEqual(noContent);
    expect(statusAndText(await leave(owner, account, second.id))).toEqual(noContent);
    expect(statusAndBody(await second.caller.get(membersPath(account)))).toEqual(noAccess);
    expect(await rolesIn(account)).toEqual({ [await userIdOf(owner)]: "AOWNER" });
  });

  it("a member may not remove another member", async () => {
    const { account, owner, member } = await createAccountWithMember();
    const { id: other } = await joinAccount(account);
    const before = await rolesIn(account);
    for (const id of [other, await userIdOf(owner), unknown]) {
      expect(statusAndBody(await leave(member, account, id))).toEqual(missingPermission("members:write"));
    }
    expect(await rolesIn(account)).toEqual(before);
  });

  it("the last active owner cannot leave, and nothing changes [R11]", async () => {
    const { account, owner, ownerId } = await createAccountWithOwner();
    const second = await joinAccount(account, "AOWNER");
    await joinAccount(account);
    await deactivate(second.caller);
    const before = await rolesIn(account);
    for (const caller of [owner, await createOperator()]) {
      expect(statusAndBody(await leave(caller, account, ownerId))).toEqual(lastOwner);
    }
    expect(await rolesIn(account)).toEqual(before);
    expect(await auditRowsOf(account)).toEqual([]);
  });

  it("removing a user who is not a member is 404, and in another account 403", async () => {
    const { account, owner } = await createAccountWithOwner();
    const other = await createAccountWithOwner();
    for (const id of [other.ownerId, unknown]) {
      expect(statusAndBody(await leave(owner, account, id))).toEqual(noUser);
      expect(statusAndBody(await leave(other.owner, account, id))).toEqual(noAccess);
    }
    expect(statusAndBody(await leave(await createOperator(), account, other.ownerId))).toEqual(noUser);
    expect(await rolesIn(other.account)).toEqual({ [other.ownerId]: "AOWNER" });
  });

  it("leaving frees the seat", async () => {
    const { account, owner, member } = await createAccountWithMember();
    await setAccount(account, { max_users: 2 });
    const invite = () => owner.post(`/api/v1/account/${account.slug}/invite`, { email: "next@example.com" });
    expect((await invite()).status).toBe(409);
    await leave(member, account, await userIdOf(member));
    expect((await invite()).status).toBe(200);
  });

  it("twenty simultaneous removals remove once", async () => {
    const { account, owner, member } = await createAccountWithMember();
    const id = await userIdOf(member);
    await createAccount(member);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => leave(at % 2 === 0 ? owner : member, account, id)),
    );
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => ![204, 403, 404].includes(status))).toEqual([]);
    expect(await auditRowsOf(account)).toHaveLength(1);
  });
});
