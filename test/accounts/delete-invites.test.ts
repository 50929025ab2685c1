/** Taking an invite back by its address. */
import { describe, expect, it } from "vitest";

import { anAddress, setInvite } from "../organizations/invitations.ts";
import { answered, makeAccountWithMember } from "../organizations/requests.ts";
import { done, invite, invited, inviteOf, invitesOf, lastInvite } from "./invites.ts";
import { bare, found, historyOf, noInvite, noRole, nothing, statusesOf, uuidFault } from "./members.ts";

describe("deleting an invite", () => {
  it("is done by its address in any case, and ends it", async () => {
    const { owner, ownerId, account } = await found();
    const email = await invited(owner, account);
    const { uuid } = await lastInvite(account, email);
    expect(bare(await owner.delete(inviteOf(account, email.toUpperCase())))).toEqual(nothing);
    expect(await lastInvite(account, email)).toMatchObject({ uuid, state: "revoked" });
    expect(answered(await owner.delete(inviteOf(account, email)))).toEqual(noInvite);
    expect((await historyOf(account)).slice(1)).toEqual([
      {
        actor: ownerId,
        action: "invite.revoked",
        target: `invite:${uuid}`,
        changes: { email: ["…", null], role: ["AMEMBER", null] },
      },
    ]);
  });

  it.each([
    "ada+tag",
    "a/b",
    "100%25",
    "a%b",
    "o'neil",
    "a&b=c",
    "a?b#c",
    "jos\u00e9",
    "jose\u0301",
    "{a|b}",
  ])("finds %j as part of an address", async (local) => {
    const { owner, account } = await found();
    const email = `${local}.${anAddress()}`;
    expect(answered(await invite(owner, account, { email }))).toEqual(done);
    expect(bare(await owner.delete(inviteOf(account, email.normalize("NFD"))))).toEqual(nothing);
    expect((await owner.get(invitesOf(account))).body).toEqual([]);
  });

  it("finds an address that is not encoded at all", async () => {
    const { owner, account } = await found();
    const email = await invited(owner, account);
    expect(bare(await owner.delete(`/api/v1/account/${account.id}/invite/${email}`))).toEqual(nothing);
  });

  it("by a member is for members' invites", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const [high, low] = [await invited(owner, account, "AOWNER"), await invited(owner, account)];
    expect(answered(await member.delete(inviteOf(account, high)))).toEqual(noRole);
    expect(bare(await member.delete(inviteOf(account, low)))).toEqual(nothing);
    expect((await owner.get(invitesOf(account))).body).toMatchObject([{ email: high }]);
  });

  it("is not for outsiders, and of an address without one is not found", async () => {
    const { owner, account } = await found();
    const other = await found();
    const email = await invited(other.owner, other.account);
    expect(answered(await owner.delete(inviteOf(account, email)))).toEqual(noInvite);
    expect(answered(await owner.delete(inviteOf(other.account, email)))).toEqual(noRole);
    expect(answered(await owner.delete(inviteOf(account, owner.email)))).toEqual(noInvite);
    expect(await lastInvite(other.account, email)).toMatchObject({ state: "pending" });
    const { uuid } = await lastInvite(other.account, email);
    await setInvite(uuid, { valid_until: Date.now() - 1 });
    expect(answered(await other.owner.delete(inviteOf(other.account, email)))).toEqual(noInvite);
  });

  it("needs an id and an address, and tells both faults together", async () => {
    const { owner, account } = await found();
    const reason = "An email address must have an @-sign.";
    const noAddress = {
      type: "value_error",
      loc: ["path", "email"],
      msg: `value is not a valid email address: ${reason}`,
      input: "nope",
      ctx: { reason },
    };
    const one = await owner.delete(inviteOf(account, "nope"));
    expect(answered(one)).toEqual({ status: 422, body: { detail: [noAddress] } });
    const fault = {
      ...uuidFault("1", "invalid length: expected length 32 for simple format, found 1"),
      loc: ["path", "account_id"],
    };
    const both = await owner.delete(inviteOf({ ...account, id: "1" }, "nope"));
    expect(answered(both)).toEqual({ status: 422, body: { detail: [fault, noAddress] } });
  });

  it("ten times at once is done once", async () => {
    const { owner, account } = await found();
    const email = await invited(owner, account);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => owner.delete(inviteOf(account, email))),
    );
    expect(statusesOf(answers)).toEqual([204, ...Array(9).fill(404)]);
    expect(await historyOf(account)).toHaveLength(2);
  });
});
