import { describe, expect, it } from "vitest";

import { deactivate, queryRow, setAccount, queryRows } from "../../support/database.ts";
import {
  addMember,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createAccountWithOwner,
  joinAccount,
  lastOwner,
  membersPath,
  noContent,
  rolesIn,
  statusAndText,
  statusesOf,
  userIdOf,
} from "../../support/members.ts";
import { effort } from "../../support/effort.ts";
import { workerWith } from "../../support/worker.ts";

const path = "/api/v1/user";
const outdated = { status: 401, body: { detail: "Invalid or expired token" } };

/** Returns can_be_deleted and dependant_accounts of the welcome. */
async function welcomed(caller: Caller): Promise<object> {
  const { can_be_deleted, dependant_accounts } = (await caller.get(`${path}/welcome`)).body;
  return { can_be_deleted, dependant_accounts };
}

const free = { can_be_deleted: true, dependant_accounts: [] };
const heldBy = (...accounts: TestAccount[]) => ({
  can_be_deleted: false,
  dependant_accounts: accounts.map(({ id, slug }) => ({ id, slug })),
});

describe("deleting the current user", () => {
  it("deletion ends memberships and tokens at once and writes audit rows", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: user, id } = await joinAccount(account, "AMEMBER", { name: "Ada Lovelace" });
    const made = await user.post("/api/v1/user/pa_tokens", { description: "To be gone" });
    expect(await welcomed(user)).toEqual(free);
    expect(statusAndText(await user.delete(path))).toEqual(noContent);
    const bearer = { headers: { Authorization: `Bearer ${made.body.token}` } };
    for (const answer of [
      await user.get(path),
      await user.get("/api/v1/accounts"),
      await user.delete(path),
      await user.post("/api/v1/accounts", { slug: "never-made" }),
      await user.get(path, bearer),
    ]) {
      expect(statusAndBody(answer)).toEqual(outdated);
    }
    expect((await owner.get(membersPath(account))).body).toMatchObject([{ role: "AOWNER" }]);
    expect((await owner.get(`/api/v1/account/${account.slug}`)).body).toMatchObject({ current_users: 1 });
    expect(await queryRow("SELECT * FROM users WHERE uuid = ?", id)).toBeUndefined();
    expect(
      await queryRows(
        "SELECT actor, action, account_id FROM audit_rows WHERE target = ? ORDER BY id",
        `user:${id}`,
      ),
    ).toEqual([
      { actor: id, action: "user.created", account_id: null },
      { actor: id, action: "user.deleted", account_id: null },
    ]);
  });

  it("earlier tokens are refused for good, and a newer one makes a new user", async () => {
    const user = await createUser({ name: "Ada" });
    const id = await userIdOf(user);
    expect((await user.delete(path)).status).toBe(204);
    const soon = Math.floor(Date.now() / 1000) + 1;
    const again = await createUser({ email: user.email, iat: soon });
    const { body } = await again.get(path);
    expect(body).toMatchObject({ email: user.email, name: "" });
    expect(body.id).not.toBe(id);
    expect(statusAndBody(await user.get(path))).toEqual(outdated);
    expect((await again.get(path)).status).toBe(200);
  });

  it("the only active owner of an account cannot be deleted until there is another [R11]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const inactive = await joinAccount(account, "AOWNER");
    const { id: member } = await joinAccount(account);
    await deactivate(inactive.caller);
    const before = await rolesIn(account);
    expect(await welcomed(owner)).toEqual(heldBy(account));
    expect(statusAndBody(await owner.delete(path))).toEqual(lastOwner);
    expect(await rolesIn(account)).toEqual(before);
    expect((await owner.get(path)).status).toBe(200);
    await owner.patch(membersPath(account), { add: [{ id: member, role: "AOWNER" }] });
    expect(await welcomed(owner)).toEqual(free);
    expect(statusAndText(await owner.delete(path))).toEqual(noContent);
    expect(await rolesIn(account)).toEqual({ [inactive.id]: "AOWNER", [member]: "AOWNER" });
  });

  it("a refused deletion leaves all accounts unchanged", async () => {
    const user = await createUser();
    const [alone, shared] = [
      await createAccount(user, { title: "B" }),
      await createAccount(user, { title: "A" }),
    ];
    const other = await createUser();
    await addMember(shared, other, "AOWNER");
    const before = [await rolesIn(alone), await rolesIn(shared)];
    expect(await welcomed(user)).toEqual(heldBy(alone));
    expect(statusAndBody(await user.delete(path))).toEqual(lastOwner);
    expect([await rolesIn(alone), await rolesIn(shared)]).toEqual(before);
    await user.delete(`/api/v1/account/${alone.slug}`);
    expect(statusAndText(await user.delete(path))).toEqual(noContent);
    expect(await rolesIn(shared)).toEqual({ [await userIdOf(other)]: "AOWNER" });
  });

  it("members of a blocked account can be deleted", async () => {
    const { account } = await createAccountWithOwner();
    const { caller: member } = await joinAccount(account);
    await setAccount(account, { blocking_state: "manager" });
    expect(statusAndText(await member.delete(path))).toEqual(noContent);
    expect(Object.values(await rolesIn(account))).toEqual(["AOWNER"]);
  });

  it("simultaneous deletion of both owners leaves one every time [R12]", async () => {
    for (let round = 0; round < effort(4, 30); round += 1) {
      const { owner, account } = await createAccountWithOwner();
      const { caller: second } = await joinAccount(account, "AOWNER");
      const answers = await Promise.all([owner.delete(path), second.delete(path)]);
      expect(statusesOf(answers)).toEqual([204, 409]);
      expect(answers.map(statusAndBody)).toContainEqual(lastOwner);
      expect(Object.values(await rolesIn(account))).toEqual(["AOWNER"]);
      const left = answers[0]?.status === 204 ? second : owner;
      expect(await welcomed(left)).toEqual(heldBy(account));
    }
  });

  it("ten simultaneous deletions delete once", async () => {
    const user = await createUser();
    await userIdOf(user);
    const answers = await Promise.all(Array.from({ length: 10 }, () => user.delete(path)));
    expect(statusesOf(answers)).toEqual([204, ...Array(9).fill(401)]);
  });
});

describe("the welcome", () => {
  it("the welcome is complete and says when no other account may be created", async () => {
    const user = (await createUser({ name: "Ada Lovelace", locale: "de" })).via(
      workerWith({ MAX_OWNED_ACCOUNTS: "1" }),
    );
    const { owner, account: foreign } = await createAccountWithOwner();
    await addMember(foreign, user);
    const me = (await user.get(path)).body;
    const preferences = {
      name: "Ada Lovelace",
      email: user.email,
      language: "DE",
      type: "USER",
      last_login: me.last_login,
    };
    expect(statusAndBody(await user.get(`${path}/welcome`))).toEqual({
      status: 200,
      body: { preferences, accounts: [foreign.id], create: true, ...free },
    });
    const own = await createAccount(user, { title: "A" });
    expect(statusAndBody(await user.get(`${path}/welcome`))).toEqual({
      status: 200,
      body: { preferences, accounts: [own.id, foreign.id], create: false, ...heldBy(own) },
    });
    expect((await owner.get(`${path}/welcome`)).body).toMatchObject({ create: true });
    await user.patch(path, { name: "Ada", language: null });
    expect((await user.get(`${path}/welcome`)).body.preferences).toEqual({
      ...preferences,
      name: "Ada",
      language: null,
    });
  });
});
