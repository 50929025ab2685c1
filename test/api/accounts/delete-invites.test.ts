import { describe, expect, it } from "vitest";

import {
  createInvite,
  invitedResponse,
  invitePath,
  invitesPath,
  inviteToAccount,
  latestInvite,
} from "../../support/account-invites.ts";
import { setInvite, uniqueEmail } from "../../support/invitations.ts";
import {
  auditRowsOf,
  createAccountWithOwner,
  missingRole,
  noAccess,
  noContent,
  noInvite,
  statusAndText,
  statusesOf,
  uuidError,
} from "../../support/members.ts";
import { createAccountWithMember } from "../../support/organizations.ts";
import { statusAndBody } from "../../support/fixtures.ts";

describe("deleting an invite", () => {
  it("an invitation is revoked by its address in any case", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    const { uuid } = await latestInvite(account, email);
    expect(statusAndText(await owner.delete(invitePath(account, email.toUpperCase())))).toEqual(noContent);
    expect(await latestInvite(account, email)).toMatchObject({ uuid, state: "revoked" });
    expect(statusAndBody(await owner.delete(invitePath(account, email)))).toEqual(noInvite);
    expect((await auditRowsOf(account)).slice(1)).toEqual([
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
  ])("the encoded character %j is found in an address", async (local) => {
    const { owner, account } = await createAccountWithOwner();
    const email = `${local}.${uniqueEmail()}`;
    expect(statusAndBody(await inviteToAccount(owner, account, { email }))).toEqual(invitedResponse);
    expect(statusAndText(await owner.delete(invitePath(account, email.normalize("NFD"))))).toEqual(noContent);
    expect((await owner.get(invitesPath(account))).body).toEqual([]);
  });

  it("an unencoded address is found", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    expect(statusAndText(await owner.delete(`/api/v1/account/${account.id}/invite/${email}`))).toEqual(
      noContent,
    );
  });

  it("a member may revoke only invitations of members", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const [high, low] = [await createInvite(owner, account, "AOWNER"), await createInvite(owner, account)];
    expect(statusAndBody(await member.delete(invitePath(account, high)))).toEqual(missingRole);
    expect(statusAndText(await member.delete(invitePath(account, low)))).toEqual(noContent);
    expect((await owner.get(invitesPath(account))).body).toMatchObject([{ email: high }]);
  });

  it("outsiders get 403, and an address without an invitation is 404", async () => {
    const { owner, account } = await createAccountWithOwner();
    const other = await createAccountWithOwner();
    const email = await createInvite(other.owner, other.account);
    expect(statusAndBody(await owner.delete(invitePath(account, email)))).toEqual(noInvite);
    expect(statusAndBody(await owner.delete(invitePath(other.account, email)))).toEqual(noAccess);
    expect(statusAndBody(await owner.delete(invitePath(account, owner.email)))).toEqual(noInvite);
    expect(await latestInvite(other.account, email)).toMatchObject({ state: "pending" });
    const { uuid } = await latestInvite(other.account, email);
    await setInvite(uuid, { valid_until: Date.now() - 1 });
    expect(statusAndBody(await other.owner.delete(invitePath(other.account, email)))).toEqual(noInvite);
  });

  it("an invalid id and address are reported together", async () => {
    const { owner, account } = await createAccountWithOwner();
    const reason = "An email address must have an @-sign.";
    const noAddress = {
      type: "value_error",
      loc: ["path", "email"],
      msg: `value is not a valid email address: ${reason}`,
      input: "nope",
      ctx: { reason },
    };
    const one = await owner.delete(invitePath(account, "nope"));
    expect(statusAndBody(one)).toEqual({ status: 422, body: { detail: [noAddress] } });
    const fault = {
      ...uuidError("1", "invalid length: expected length 32 for simple format, found 1"),
      loc: ["path", "account_id"],
    };
    const both = await owner.delete(invitePath({ ...account, id: "1" }, "nope"));
    expect(statusAndBody(both)).toEqual({ status: 422, body: { detail: [fault, noAddress] } });
  });

  it("ten simultaneous revocations revoke once", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => owner.delete(invitePath(account, email))),
    );
    expect(statusesOf(answers)).toEqual([204, ...Array(9).fill(404)]);
    expect(await auditRowsOf(account)).toHaveLength(2);
  });
});
