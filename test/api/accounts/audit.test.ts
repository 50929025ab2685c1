import { describe, expect, it } from "vitest";

import { masked } from "../../../src/services/audit.ts";
import { createAccessToken, tokenPath, tokensPath } from "../../support/access-tokens.ts";
import { auditPage, userIdOf } from "../../support/audit.ts";
import {
  accountCreated,
  accountDeleted,
  accountFrom,
  accountPath,
  accountUpdated,
  type AuditedChanges,
  expectOneRow,
  inviteIdOf,
  organizationPath,
  setUpAudit,
} from "../../support/audited-changes.ts";
import { addMember, createUser, unique } from "../../support/fixtures.ts";
import { createInvitation, invitationToken, storeInvite, uniqueEmail } from "../../support/invitations.ts";
import { createColleague } from "../../support/organization-users.ts";

const changes: AuditedChanges = {
  "an account is made": async ({ owner }) => {
    const slug = unique("made");
    const answer = await owner.post("/api/v1/accounts", { slug, title: "Made" });
    const made = accountFrom(answer, slug, "Made");
    return { answer, ...accountCreated(made), account: made };
  },
  "an account is modified": async ({ owner, account }) => {
    const slug = unique("moved");
    const answer = await owner.patch(accountPath(account), { title: "New", description: "For tests", slug });
    return {
      answer,
      ...accountUpdated(account, {
        title: [account.title, "New"],
        description: [null, "For tests"],
        slug: [account.slug, slug],
      }),
      account: { ...account, slug },
    };
  },
  "an account is deleted": async ({ owner, account }) => {
    return { answer: await owner.delete(accountPath(account)), ...accountDeleted(account) };
  },
  "members are changed": async ({ owner, account, memberId }) => {
    const [newcomer, leaver] = [await createUser(), await createUser()];
    await addMember(account, leaver, "AOWNER");
    const [comes, goes] = [await userIdOf(newcomer), await userIdOf(leaver)];
    const add = [
      { id: memberId, role: "AOWNER" },
      { id: comes, role: "AMEMBER" },
    ];
    return {
      answer: await owner.patch(`${accountPath(account)}/users`, {
        add,
        delete: [goes, crypto.randomUUID()],
      }),
      action: "members.updated",
      target: `account:${account.id}`,
      changes: { [memberId]: ["AMEMBER", "AOWNER"], [comes]: [null, "AMEMBER"], [goes]: ["AOWNER", null] },
    };
  },
  "a member leaves": async ({ account, member, memberId }) => ({
    answer: await member.delete(`${accountPath(account)}/user/${memberId}`),
    actor: memberId,
    action: "members.updated",
    target: `account:${account.id}`,
    changes: { [memberId]: ["AMEMBER", null] },
  }),

  "an address is invited to an account": async ({ account, member, memberId }) => {
    const email = uniqueEmail();
    const answer = await member.post(`${accountPath(account)}/invite`, { email });
    return {
      answer,
      actor: memberId,
      action: "invite.created",
      target: `invite:${await inviteIdOf(email)}`,
      changes: { email: [null, masked], role: [null, "AMEMBER"] },
    };
  },
  "an invite is given another role": async ({ owner, account }) => {
    const email = uniqueEmail();
    await owner.post(`${accountPath(account)}/invite`, { email });
    return {
      answer: await owner.post(`${accountPath(account)}/invite`, { email, role: "AOWNER" }),
      action: "invite.renewed",
      target: `invite:${await inviteIdOf(email)}`,
      changes: { role: ["AMEMBER", "AOWNER"] },
    };
  },
  "an invite is renewed": async ({ owner, account }) => {
    const email = uniqueEmail();
    await storeInvite(account, "AMEMBER", email);
    return {
      answer: await owner.post(`${accountPath(account)}/invite`, { email }),
      action: "invite.renewed",
      target: `invite:${await inviteIdOf(email)}`,
      changes: { version: [1, 2] },
    };
  },
  "an invite is deleted": async ({ owner, account }) => {
    const email = uniqueEmail();
    const uuid = await createInvitation(owner, account, { invitee_identifier: email });
    return {
      answer: await owner.delete(`/api/v1/account/${account.id}/invite/${email}`),
      action: "invite.revoked",
      target: `invite:${uuid}`,
      changes: { email: [masked, null], role: ["AMEMBER", null] },
    };
  },
  "an invite is accepted by its secret": async ({ account }) => {
    const [uuid, invited] = [await storeInvite(account, "AOWNER"), await createUser()];
    const actor = await userIdOf(invited);
    const answer = await invited.post("/api/v1/invites/accept", { token: await invitationToken(uuid) });
    const target = `invite:${uuid}`;
    return { answer, actor, action: "invite.accepted", target, changes: { role: [null, "AOWNER"] } };
  },
  "an invite is accepted by the address": async ({ account, member, memberId }) => {
    const uuid = await storeInvite(account, "AOWNER", member.email);
    const answer = await member.post(`/api/v1/user/invites/${uuid}/accept`);
    return {
      answer,
      actor: memberId,
      action: "invite.accepted",
      target: `invite:${uuid}`,
      changes: { role: ["AMEMBER", "AOWNER"] },
    };
  },
  "somebody changes themselves": async ({ member, memberId }) => {
    const answer = await member.patch("/api/v1/user", { name: "Ada Lovelace", language: "EN" });
    return {
      answer,
      actor: memberId,
      action: "user.updated",
      target: `user:${memberId}`,
      changes: { first_name: ["", masked], last_name: ["", masked], language: [null, "EN"] },
      account: null,
    };
  },
  "somebody deletes themselves": async ({ member, memberId }) => {
    const answer = await member.delete("/api/v1/user");
    const target = `user:${memberId}`;
    const row = { action: "user.deleted", target, changes: {}, account: null };
    return { answer, actor: memberId, ...row, otherRows: 1 };
  },
  "somebody is seen for the first time": async () => {
    const newcomer = await createUser({ name: "Ada Lovelace" });
    const answer = await newcomer.get("/api/v1/user");
    return {
      answer,
      actor: answer.body.id,
      action: "user.created",
      target: `user:${answer.body.id}`,
      changes: { email: [null, masked] },
      account: null,
    };
  },
  "somebody is seen who was made before": async ({ account }) => {
    const { uuid, email } = await createColleague([account]);
    const answer = await (await createUser({ email, name: "Ada Lovelace" })).get("/accounts/organizations/");
    return {
      answer,
      actor: uuid,
      action: "user.bound",
      target: `user:${uuid}`,
      changes: { first_name: ["", masked], last_name: ["", masked] },
      account: null,
    };
  },
  "a token is made": async ({ owner }) => {
    const expiration_date = "2200-01-31T13:00:00Z";
    const answer = await owner.post(tokensPath, { description: "Backup", expiration_date });
    return {
      answer,
      action: "access_token.created",
      target: `access_token:${answer.body.id}`,
      changes: { description: [null, masked], expires_at: [null, Date.parse(expiration_date)] },
      account: null,
    };
  },
  "a token is deleted": async ({ owner }) => {
    const { id } = await createAccessToken(owner);
    return {
      answer: await owner.delete(tokenPath(id)),
      action: "access_token.deleted",
      target: `access_token:${id}`,
      changes: { description: [masked, null] },
      account: null,
    };
  },
};

describe("actions that write one audit row", () => {
  it.each(Object.entries(changes))("the action writes one audit row: %s", (_, change) =>
    expectOneRow(change),
  );
});

it("audit ids grow with time", async () => {
  const { owner, account } = await setUpAudit();
  for (let at = 0; at < 5; at += 1) {
    await Promise.all([
      owner.patch(accountPath(account), { title: `Title ${at}` }),
      owner.patch(organizationPath(account), { name: `Name ${at}` }),
    ]);
  }
  const { items } = await auditPage(owner, account, { limit: 100 });
  expect(items).toHaveLength(11);
  const sorted = items.toSorted((left, right) => right.id - left.id);
  expect(items).toEqual(sorted);
  expect(new Set(items.map(({ id }) => id)).size).toBe(11);
  for (const { id } of items) expect(Number.isSafeInteger(id)).toBe(true);
});
