/** Members, invitations and users in both APIs. */
import { describe, expect, it } from "vitest";

import { userIdOf } from "../support/audit.ts";
import { addToGroup, type Caller, createAccount, createUser, type TestAccount } from "../support/fixtures.ts";
import { createInvitation, listInvitations, setInvite, uniqueEmail } from "../support/invitations.ts";
import { userPath } from "../support/organization-users.ts";
import { createMember } from "../support/organizations.ts";

interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Returns the members of an account in each API. */
async function membersOnBothFaces(owner: Caller, { slug }: TestAccount): Promise<Person[][]> {
  const members: (Person & { role: string })[] = (await owner.get(`/api/v1/account/${slug}/users`)).body;
  const analysts: { user: { uuid: string; email: string }; name: string }[] = (
    await owner.get(`/accounts/analysts/?organization=${slug}`)
  ).body.results;
  return [
    members.map(({ id, name, email }) => ({ id, name, email })),
    analysts.map(({ user, name }) => ({ id: user.uuid, name, email: user.email })),
  ];
}

async function expectMembers(owner: Caller, account: TestAccount, ...ids: string[]): Promise<void> {
  const [here, there] = await membersOnBothFaces(owner, account);
  expect(here).toEqual(there);
  expect(here?.map(({ id }) => id)).toEqual(ids);
}

describe("members in both APIs", () => {
  it("members are the same in both APIs, whichever API added or removed them", async () => {
    const [owner, joining] = [
      await createUser({ name: "Ada Lovelace" }),
      await createUser({ name: "Grace" }),
    ];
    const account = await createAccount(owner);
    const [first, second] = [await userIdOf(owner), await userIdOf(joining)];
    const path = `/api/v1/account/${account.slug}`;
    await expectMembers(owner, account, first);
    await owner.patch(`${path}/users`, { add: [{ id: second, role: "AMEMBER" }] });
    const body = { email: uniqueEmail(), first_name: "Alan", last_name: "Turing" };
    const third = (await owner.post(`/accounts/users/?organization=${account.id}`, body)).body.uuid;
    await expectMembers(owner, account, first, second, third);
    expect((await owner.get(`${path}/user/${third}`)).body).toEqual({
      id: third,
      name: "Alan Turing",
      email: body.email,
      role: "AMEMBER",
    });
    expect((await owner.delete(userPath(third))).status).toBe(204);
    await expectMembers(owner, account, first, second);
    expect((await joining.delete(`${path}/user/${second}`)).status).toBe(204);
    await expectMembers(owner, account, first);
  });

  it("a role given through one API applies in the other", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const member = await createMember(account);
    const id = await userIdOf(member);
    const [here, there] = [`/api/v1/account/${account.slug}`, `/accounts/organizations/${account.id}/`];
    const become = (role: string) => owner.patch(`${here}/users`, { add: [{ id, role }] });
    const statuses = async () => [
      (await member.patch(here, { title: "T" })).status,
      (await member.patch(there, { name: "T" })).status,
      (await member.get(`${here}/users`)).status,
      (await member.post(`/accounts/users/?organization=${account.id}`, { email: uniqueEmail() })).status,
    ];
    expect(await statuses()).toEqual([403, 403, 403, 403]);
    await become("AOWNER");
    expect(await statuses()).toEqual([200, 200, 200, 201]);
    await become("AMEMBER");
    expect(await statuses()).toEqual([403, 403, 403, 403]);
    await owner.patch(`${here}/users`, { delete: [id] });
    expect(await statuses()).toEqual([403, 404, 403, 404]);
  });

  it("a group given through the organizations API applies in the accounts API", async () => {
    const [administrator, user] = [await createUser(), await createUser()];
    const { id } = await createAccount(await createUser());
    await addToGroup(administrator, 1);
    const path = userPath(await userIdOf(user));
    const permissions = async () =>
      (await user.get(`/api/v1/account/${id}/permissions?account_id=${id}`)).body.permissions;
    expect(await permissions()).toBeUndefined();
    await administrator.patch(path, { groups: [2] });
    expect(await permissions()).toEqual(["account:read", "usage:read", "usage:write"]);
    await administrator.patch(path, { groups: [] });
    expect(await permissions()).toBeUndefined();
  });
});

describe("an invitation in both APIs", () => {
  it("an invitation created through one API is visible and revocable in the other", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const here = `/api/v1/account/${account.id}`;
    const email = uniqueEmail();
    const uuid = await createInvitation(owner, account, { invitee_identifier: email, role: "AOWNER" });
    const { valid_until } = (await owner.get(`/accounts/invite/${uuid}/`)).body;
    expect((await owner.get(`${here}/invites`)).body).toEqual([
      { email, role: "AOWNER", expires: valid_until },
    ]);
    expect((await owner.delete(`${here}/invite/${email}`)).status).toBe(204);
    expect((await owner.get(`/accounts/invite/${uuid}/`)).status).toBe(404);

    const other = uniqueEmail();
    expect((await owner.post(`${here}/invite`, { email: other })).status).toBe(200);
    expect(await listInvitations(owner, account)).toEqual([other]);
    const again = await owner.post(`/accounts/invite/?organization=${account.id}`, {
      invitee_identifier: other,
    });
    expect(again.body).toEqual({ invitee_identifier: ["This address has a pending invitation."] });
    const found = (await owner.get(`/accounts/invite/?organization=${account.id}`)).body.results[0];
    expect((await owner.delete(`/accounts/invite/${found.uuid}/`)).status).toBe(204);
    expect((await owner.get(`${here}/invites`)).body).toEqual([]);
  });

  it("an invitation resent or renewed through one API has its new expiry in the other", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const email = uniqueEmail();
    const uuid = await createInvitation(owner, account, { invitee_identifier: email });
    const ends = async () => [
      (await owner.get(`/api/v1/account/${account.id}/invites`)).body[0].expires,
      (await owner.get(`/accounts/invite/${uuid}/`)).body.valid_until,
    ];
    const old = { sent_at: 0, valid_until: Date.now() + 60_000 };
    for (const renew of [
      () => owner.post(`/accounts/invite/${uuid}/`),
      () => owner.post(`/api/v1/account/${account.slug}/invite`, { email }),
    ]) {
      await setInvite(uuid, old);
      expect((await renew()).status).toBe(200);
      const [here, there] = await ends();
      expect(here).toBe(there);
      expect(Date.parse(here)).toBeGreaterThan(old.valid_until);
    }
  });

  it("an accepted invitation is a membership and no longer pending in both APIs", async () => {
    const [owner, invited] = [await createUser(), await createUser()];
    const account = await createAccount(owner);
    const uuid = await createInvitation(owner, account, { invitee_identifier: invited.email });
    expect((await invited.get("/api/v1/user/invites")).body).toMatchObject([{ id: uuid }]);
    expect((await invited.post(`/api/v1/user/invites/${uuid}/accept`)).status).toBe(200);
    expect((await invited.get("/api/v1/accounts")).body).toMatchObject([{ id: account.id }]);
    expect((await invited.get("/accounts/organizations/")).body.results).toMatchObject([
      { uuid: account.id },
    ]);
    expect(await listInvitations(owner, account)).toEqual([]);
    expect((await owner.get(`/api/v1/account/${account.id}/invites`)).body).toEqual([]);
    await expectMembers(owner, account, await userIdOf(owner), await userIdOf(invited));
  });
});

describe("a user in both APIs", () => {
  it("a user changed through one API is changed in the other", async () => {
    const user = await createUser();
    const path = userPath(await userIdOf(user));
    const [first, second] = [uniqueEmail(), uniqueEmail()];
    await user.patch("/api/v1/user", { name: "Ada King Lovelace", email: first });
    expect((await user.get(path)).body).toMatchObject({
      first_name: "Ada",
      last_name: "King Lovelace",
      email: first,
    });
    await user.patch(path, { first_name: "Grace", last_name: "Hopper", email: second });
    expect((await user.get("/api/v1/user")).body).toMatchObject({ name: "Grace Hopper", email: second });
    await user.put(path, { last_name: "" });
    expect((await user.get("/api/v1/user")).body).toMatchObject({ name: "Grace" });
    const found = await user.get(`/accounts/users/?search=${second}`);
    expect(found.body.results).toMatchObject([{ email: second }]);
  });

  it("a user deactivated through one API is rejected by both until they are active again", async () => {
    const [administrator, user] = [await createUser(), await createUser()];
    await addToGroup(administrator, 1);
    const path = userPath(await userIdOf(user));
    const statuses = async () => [
      (await user.get("/api/v1/user")).status,
      (await user.get("/accounts/organizations/")).status,
    ];
    await administrator.patch(path, { is_active: false });
    expect(await statuses()).toEqual([401, 401]);
    await administrator.patch(path, { is_active: true });
    expect(await statuses()).toEqual([200, 200]);
    expect((await user.delete("/api/v1/user")).status).toBe(204);
    expect((await administrator.get(path)).status).toBe(404);
    expect(await statuses()).toEqual([401, 401]);
  });

  it("an account's last owner cannot be removed through either API", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const id = await userIdOf(owner);
    const path = `/api/v1/account/${account.slug}`;
    const statuses = [
      (await owner.delete("/api/v1/user")).status,
      (await owner.delete(`${path}/user/${id}`)).status,
      (await owner.patch(`${path}/users`, { add: [{ id, role: "AMEMBER" }] })).status,
      (await owner.delete(userPath(id))).status,
      (await owner.patch(userPath(id), { is_active: false })).status,
    ];
    expect(statuses).toEqual([409, 409, 409, 400, 400]);
    await expectMembers(owner, account, id);
  });
});
