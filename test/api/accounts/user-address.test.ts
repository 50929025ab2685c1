import { describe, expect, it } from "vitest";

import {
  acceptInvite,
  invitationTokenOf,
  inviteToAccount,
  latestInvite,
} from "../../support/account-invites.ts";
import { queryRow } from "../../support/database.ts";
import {
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  createAccountWithOwner,
  joinAccount,
  noAccess,
  statusAndText,
  userIdOf,
} from "../../support/members.ts";
import { createColleague } from "../../support/organization-users.ts";
const path = "/api/v1/user";
const done = { status: 200, text: "null" };

describe("addresses that users gave themselves", () => {
  it("a self-given address makes no operator", async () => {
    const user = await createUser();
    expect(statusAndText(await user.patch(path, { email: "root@example.com" }))).toEqual(done);
    expect((await user.get(path)).body).toMatchObject({ email: "root@example.com", type: "USER" });
    const { account } = await createAccountWithOwner();
    expect(statusAndBody(await user.get(`/api/v1/account/${account.slug}`))).toEqual(noAccess);
  });

  it("a self-given address opens no invitations of others and keeps own ones", async () => {
    const { owner, account } = await createAccountWithOwner();
    const [user, victim] = [await createUser(), await createUser()];
    await inviteToAccount(owner, account, { email: victim.email });
    const { uuid } = await latestInvite(account, victim.email);
    await user.patch(path, { email: victim.email });
    expect((await user.get("/api/v1/user/invites")).body).toEqual([]);
    expect((await user.post(`/api/v1/user/invites/${uuid}/accept`)).status).toBe(403);
    const own = await createAccount(owner);
    await inviteToAccount(owner, own, { email: user.email });
    expect((await user.get("/api/v1/user/invites")).body).toMatchObject([{ account: { id: own.id } }]);
    expect((await acceptInvite(victim, await invitationTokenOf(uuid))).status).toBe(200);
  });

  it("a self-given address reveals nothing about its owner's sign-in", async () => {
    const victim = await createUser();
    const { slug } = await createAccount(victim);
    const user = await createUser();
    await user.patch(path, { email: victim.email });
    const ask = (caller: Caller, email: string) => caller.post("/accounts/login_url/", { email });
    expect((await ask(user, victim.email)).body).toEqual({ params: "/login/manual" });
    await user.patch(path, { email: "elsewhere@example.org" });
    const hint = (await ask(victim, victim.email)).body.params.split(/[.=]/)[2];
    expect(atob(hint)).toContain(slug);
  });

  it("a self-given address does not bind its real owner's sign-in", async () => {
    const address = `${unique("real")}@example.com`;
    const user = await createUser();
    await user.patch(path, { email: address });
    const real = await createUser({ email: address });
    expect(await userIdOf(real)).not.toBe(await userIdOf(user));
    const colleague = await createColleague([], { email: `${unique("colleague")}@example.com` });
    await user.patch(path, { email: colleague.email });
    expect(await userIdOf(user)).not.toBe(colleague.uuid);
    expect(await userIdOf(await createUser({ email: colleague.email }))).toBe(colleague.uuid);
  });

  it("a self-given address is what others see, and stays after sign-in", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: user, id } = await joinAccount(account);
    await user.patch(path, { email: "new@example.org" });
    expect((await owner.get(`/api/v1/account/${account.slug}/user/${id}`)).body.email).toBe(
      "new@example.org",
    );
    const again = await createUser({ email: user.email, name: "New Name" });
    expect((await again.get(path)).body).toMatchObject({ id, email: "new@example.org", name: "" });
    expect(await queryRow("SELECT email_key, verified_email FROM users WHERE uuid = ?", id)).toEqual({
      email_key: "new@example.org",
      verified_email: user.email,
    });
  });

  it("an operator who changes their address stays an operator", async () => {
    const root = await createUser({ sub: unique("root"), email: "root@example.com" });
    await root.patch(path, { email: "private@example.org" });
    expect((await root.get(path)).body).toMatchObject({ email: "private@example.org", type: "ROOT" });
    expect((await (await createOperator()).get(path)).body).toMatchObject({ type: "ROOT" });
  });
});
