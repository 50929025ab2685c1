import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { addToGroup, makeAccount, operator, someone, type Caller, type MadeAccount } from "../world.ts";
import {
  answered,
  deactivate,
  expectMade,
  fresh,
  inactive,
  list,
  makeAccountWithMember,
  makeMember,
  missing,
  notAllowed,
  one,
  onlyPage,
  shown,
} from "./requests.ts";

async function setRole(account: MadeAccount, member: Caller, role: "AOWNER" | "AMEMBER"): Promise<void> {
  const me = await member.get("/api/v1/user");
  await env.DB.prepare(
    "UPDATE memberships SET role = ? WHERE account_id = (SELECT id FROM accounts WHERE uuid = ?) AND user_id = (SELECT id FROM users WHERE uuid = ?)",
  )
    .bind(role, account.id, me.body.id)
    .run();
}

async function setState(account: MadeAccount, state: string): Promise<void> {
  await env.DB.prepare("UPDATE accounts SET blocking_state = ? WHERE uuid = ?").bind(state, account.id).run();
}

describe("what is taken acts at once [R6]", () => {
  it("a role", async () => {
    const { account, member } = await makeAccountWithMember();
    await setRole(account, member, "AOWNER");
    expect((await member.patch(one(account), { name: "One" })).status).toBe(200);
    await setRole(account, member, "AMEMBER");
    expect(answered(await member.patch(one(account), { name: "Two" }))).toEqual({
      status: 403,
      body: notAllowed,
    });
    expect(answered(await member.get(one(account)))).toEqual({
      status: 200,
      body: shown({ ...account, title: "One" }),
    });
  });

  it("a membership", async () => {
    const { account, member } = await makeAccountWithMember();
    expect(answered(await member.get(list))).toEqual({ status: 200, body: onlyPage(account) });
    await env.DB.prepare(
      "DELETE FROM memberships WHERE role = 'AMEMBER' AND account_id = (SELECT id FROM accounts WHERE uuid = ?)",
    )
      .bind(account.id)
      .run();
    expect(answered(await member.get(one(account)))).toEqual({ status: 404, body: missing });
    expect(answered(await member.patch(one(account), {}))).toEqual({ status: 404, body: missing });
    expect(answered(await member.get(list))).toEqual({ status: 200, body: onlyPage() });
  });

  it("a group", async () => {
    const account = await makeAccount(await someone());
    const helper = await someone();
    await addToGroup(helper, 1);
    expect((await helper.patch(one(account), { name: "Helped" })).status).toBe(200);
    await env.DB.prepare("DELETE FROM user_groups WHERE user_id = (SELECT id FROM users WHERE email = ?)")
      .bind(helper.email)
      .run();
    expect(answered(await helper.patch(one(account), { name: "Again" }))).toEqual({
      status: 404,
      body: missing,
    });
  });

  it("an active user", async () => {
    const { account, member } = await makeAccountWithMember();
    expect((await member.get(one(account))).status).toBe(200);
    await deactivate(member);
    expect(answered(await member.get(one(account)))).toEqual({ status: 401, body: inactive });
    expect(answered(await member.get(list))).toEqual({ status: 401, body: inactive });
    expect(answered(await member.post(list, fresh()))).toEqual({ status: 401, body: inactive });
  });
});

describe("a blocked organization", () => {
  it.each(["manager", "trial_expired", "budget", "subscription_canceled", "subscription_unpaid"])(
    "answers reads and deletion, and refuses changes but the operator's: %s",
    async (state) => {
      const { owner, account, member } = await makeAccountWithMember();
      const administrator = await someone();
      await addToGroup(administrator, 1);
      await setState(account, state);
      for (const caller of [owner, member]) {
        expect(answered(await caller.get(one(account)))).toEqual({ status: 200, body: shown(account) });
        expect(answered(await caller.get(list))).toEqual({ status: 200, body: onlyPage(account) });
      }
      const refused = { status: 403, body: { detail: `This organization is blocked: ${state}.` } };
      for (const caller of [owner, administrator]) {
        expect(answered(await caller.patch(one(account), { name: "New" }))).toEqual(refused);
        expect(answered(await caller.put(one(account), []))).toEqual(refused);
      }
      expect(answered(await member.patch(one(account), {}))).toEqual({ status: 403, body: notAllowed });
      expect(answered(await (await someone()).patch(one(account), {}))).toEqual({
        status: 404,
        body: missing,
      });
      expect(answered(await (await operator()).patch(one(account), { name: "New" }))).toEqual({
        status: 200,
        body: shown({ ...account, title: "New" }),
      });
      expect((await owner.delete(one(account))).status).toBe(204);
    },
  );

  it("over its quota only is changed as any other", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    await env.DB.prepare("UPDATE accounts SET quota_until = ? WHERE uuid = ?")
      .bind(Date.now() + 3_600_000, account.id)
      .run();
    expect(answered(await owner.patch(one(account), { name: "New" }))).toEqual({
      status: 200,
      body: shown({ ...account, title: "New" }),
    });
  });

  it("blocks no other", async () => {
    const owner = await someone();
    const [blocked, free] = [await makeAccount(owner), await makeAccount(owner)];
    await makeMember(blocked);
    await setState(blocked, "manager");
    expect((await owner.patch(one(free), { name: "New" })).status).toBe(200);
    expectMade(await owner.post(list, { name: "Acme", slug: `${free.slug}2` }), "Acme", `${free.slug}2`);
  });
});
