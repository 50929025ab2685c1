import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

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
  createAccountWithMember,
  createMember,
  deactivate,
  expectCreated,
  inactive,
  newOrganization,
  noOrganization,
  notAllowed,
  onlyPage,
  organizationBody,
  organizationPath,
  organizationsPath,
} from "../../support/organizations.ts";

async function setRole(account: TestAccount, member: Caller, role: "AOWNER" | "AMEMBER"): Promise<void> {
  const me = await member.get("/api/v1/user");
  await env.DB.prepare(
    "UPDATE memberships SET role = ? WHERE account_id = (SELECT id FROM accounts WHERE uuid = ?) AND user_id = (SELECT id FROM users WHERE uuid = ?)",
  )
    .bind(role, account.id, me.body.id)
    .run();
}

async function setState(account: TestAccount, state: string): Promise<void> {
  await env.DB.prepare("UPDATE accounts SET blocking_state = ? WHERE uuid = ?").bind(state, account.id).run();
}

describe("losing access takes effect with the next request [R6]", () => {
  it("a demoted owner can no longer do what owners do", async () => {
    const { account, member } = await createAccountWithMember();
    await setRole(account, member, "AOWNER");
    expect((await member.patch(organizationPath(account), { name: "One" })).status).toBe(200);
    await setRole(account, member, "AMEMBER");
    expect(statusAndBody(await member.patch(organizationPath(account), { name: "Two" }))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect(statusAndBody(await member.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody({ ...account, title: "One" }),
    });
  });

  it("a removed member loses access to the organization", async () => {
    const { account, member } = await createAccountWithMember();
    expect(statusAndBody(await member.get(organizationsPath))).toEqual({
      status: 200,
      body: onlyPage(account),
    });
    await env.DB.prepare(
      "DELETE FROM memberships WHERE role = 'AMEMBER' AND account_id = (SELECT id FROM accounts WHERE uuid = ?)",
    )
      .bind(account.id)
      .run();
    expect(statusAndBody(await member.get(organizationPath(account)))).toEqual({
      status: 404,
      body: noOrganization,
    });
    expect(statusAndBody(await member.patch(organizationPath(account), {}))).toEqual({
      status: 404,
      body: noOrganization,
    });
    expect(statusAndBody(await member.get(organizationsPath))).toEqual({ status: 200, body: onlyPage() });
  });

  it("a user removed from a group loses its permissions", async () => {
    const account = await createAccount(await createUser());
    const helper = await createUser();
    await addToGroup(helper, 1);
    expect((await helper.patch(organizationPath(account), { name: "Helped" })).status).toBe(200);
    await env.DB.prepare("DELETE FROM user_groups WHERE user_id = (SELECT id FROM users WHERE email = ?)")
      .bind(helper.email)
      .run();
    expect(statusAndBody(await helper.patch(organizationPath(account), { name: "Again" }))).toEqual({
      status: 404,
      body: noOrganization,
    });
  });

  it("a deactivated user loses all access", async () => {
    const { account, member } = await createAccountWithMember();
    expect((await member.get(organizationPath(account))).status).toBe(200);
    await deactivate(member);
    expect(statusAndBody(await member.get(organizationPath(account)))).toEqual({
      status: 401,
      body: inactive,
    });
    expect(statusAndBody(await member.get(organizationsPath))).toEqual({ status: 401, body: inactive });
    expect(statusAndBody(await member.post(organizationsPath, newOrganization()))).toEqual({
      status: 401,
      body: inactive,
    });
  });
});

describe("a blocked organization", () => {
  it.each(["manager", "trial_expired", "budget", "subscription_canceled", "subscription_unpaid"])(
    "a blocked organization answers reads and deletion, and refuses changes by anyone but an operator: %s",
    async (state) => {
      const { owner, account, member } = await createAccountWithMember();
      const administrator = await createUser();
      await addToGroup(administrator, 1);
      await setState(account, state);
      for (const caller of [owner, member]) {
        expect(statusAndBody(await caller.get(organizationPath(account)))).toEqual({
          status: 200,
          body: organizationBody(account),
        });
        expect(statusAndBody(await caller.get(organizationsPath))).toEqual({
          status: 200,
          body: onlyPage(account),
        });
      }
      const refused = { status: 403, body: { detail: `This organization is blocked: ${state}.` } };
      for (const caller of [owner, administrator]) {
        expect(statusAndBody(await caller.patch(organizationPath(account), { name: "New" }))).toEqual(
          refused,
        );
        expect(statusAndBody(await caller.put(organizationPath(account), []))).toEqual(refused);
      }
      expect(statusAndBody(await member.patch(organizationPath(account), {}))).toEqual({
        status: 403,
        body: notAllowed,
      });
      expect(statusAndBody(await (await createUser()).patch(organizationPath(account), {}))).toEqual({
        status: 404,
        body: noOrganization,
      });
      expect(
        statusAndBody(await (await createOperator()).patch(organizationPath(account), { name: "New" })),
      ).toEqual({
        status: 200,
        body: organizationBody({ ...account, title: "New" }),
      });
      expect((await owner.delete(organizationPath(account))).status).toBe(204);
    },
  );

  it("an organization over its quota can still be changed", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await env.DB.prepare("UPDATE accounts SET quota_until = ? WHERE uuid = ?")
      .bind(Date.now() + 3_600_000, account.id)
      .run();
    expect(statusAndBody(await owner.patch(organizationPath(account), { name: "New" }))).toEqual({
      status: 200,
      body: organizationBody({ ...account, title: "New" }),
    });
  });

  it("a blocked organization does not affect another one", async () => {
    const owner = await createUser();
    const [blocked, free] = [await createAccount(owner), await createAccount(owner)];
    await createMember(blocked);
    await setState(blocked, "manager");
    expect((await owner.patch(organizationPath(free), { name: "New" })).status).toBe(200);
    expectCreated(
      await owner.post(organizationsPath, { name: "Acme", slug: `${free.slug}2` }),
      "Acme",
      `${free.slug}2`,
    );
  });
});
