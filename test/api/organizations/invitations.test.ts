import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { masked } from "../../../src/services/audit.ts";
import { setAccount } from "../../support/database.ts";
import {
  addMember,
  addToGroup,
  type Caller,
  createAccount,
  createOperator,
  createUser,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  alreadyMember,
  alreadyPending,
  countStatuses,
  createInvitation,
  invitationListPath,
  invitationPath,
  invitationsPath,
  listInvitations,
  noInvitation,
  noSeat,
  setInvite,
  storedInvite,
  storeInvite,
  uniqueEmail,
  week,
} from "../../support/invitations.ts";
import {
  createAccountWithMember,
  createKnownUser,
  createMember,
  deactivate,
  noOrganization,
  notAllowed,
  notFound,
} from "../../support/organizations.ts";

const gone = { status: 404, body: noInvitation };
const forbidden = { status: 403, body: notAllowed };

async function auditOf(uuid: string) {
  const { results } = await env.DB.prepare(
    "SELECT actor, action, changes FROM audit_rows WHERE target = ? ORDER BY id",
  )
    .bind(`invite:${uuid}`)
    .all<{ actor: string; action: string; changes: string }>();
  return results.map(({ actor, action, changes }) => ({ actor, action, changes: JSON.parse(changes) }));
}

async function uuidOf(caller: Caller): Promise<string> {
  return (await caller.get("/api/v1/user")).body.id;
}

describe("an invitation", () => {
  it("an invitation is created, listed, retrieved, resent and revoked", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const me = await uuidOf(owner);
    const email = uniqueEmail();
    const before = Date.now();
    const made = await owner.post(invitationListPath(account), { invitee_identifier: email, role: "AOWNER" });
    expect(made.status).toBe(201);
    const { uuid, sent_at: sentAt, valid_until: validUntil, ...rest } = made.body;
    expect(rest).toEqual({ invitee_identifier: email, role: "AOWNER", invited_by: me });
    expect(sentAt).toBe(new Date(sentAt).toISOString());
    expect(Date.parse(sentAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(validUntil) - Date.parse(sentAt)).toBe(week);

    expect(statusAndBody(await owner.get(invitationPath(uuid)))).toEqual({ status: 200, body: made.body });
    expect(statusAndBody(await owner.get(invitationListPath(account)))).toEqual({
      status: 200,
      body: { count: 1, next: null, previous: null, results: [made.body] },
    });

    await setInvite(uuid, { sent_at: Date.now() - 60_001, mailed_at: 1 });
    const resent = await owner.post(invitationPath(uuid));
    expect(statusAndBody(resent)).toEqual({
      status: 200,
      body: { ...made.body, sent_at: resent.body.sent_at, valid_until: resent.body.valid_until },
    });
    expect(Date.parse(resent.body.sent_at)).toBeGreaterThanOrEqual(Date.parse(sentAt));
    expect(Date.parse(resent.body.valid_until) - Date.parse(resent.body.sent_at)).toBe(week);
    expect(await storedInvite(uuid)).toMatchObject({ version: 2, mailed_at: null });

    const revoked = await owner.delete(invitationPath(uuid));
    expect([revoked.status, revoked.text]).toEqual([204, ""]);
    for (const answer of [
      await owner.delete(invitationPath(uuid)),
      await owner.get(invitationPath(uuid)),
      await owner.post(invitationPath(uuid)),
    ]) {
      expect(statusAndBody(answer)).toEqual(gone);
    }
    expect(await listInvitations(owner, account)).toEqual([]);
    expect(await auditOf(uuid)).toEqual([
      { actor: me, action: "invite.created", changes: { email: [null, masked], role: [null, "AOWNER"] } },
      { actor: me, action: "invite.resent", changes: { version: [1, 2] } },
      { actor: me, action: "invite.revoked", changes: { email: [masked, null], role: ["AOWNER", null] } },
    ]);
    expect((await owner.post(invitationListPath(account), { invitee_identifier: email })).status).toBe(201);
  });

  it("an invitation is for the role AMEMBER by default, and outlives its inviter", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const uuid = await createInvitation(member, account);
    expect((await owner.get(invitationPath(uuid))).body).toMatchObject({
      role: "AMEMBER",
      invited_by: await uuidOf(member),
    });
    await env.DB.prepare("UPDATE invites SET invited_by = NULL WHERE uuid = ?").bind(uuid).run();
    expect((await owner.get(invitationPath(uuid))).body.invited_by).toBeNull();
  });

  it("addresses that differ in case or normal form are the same [R25]", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const word = uniqueEmail();
    const first = await owner.post(invitationListPath(account), { invitee_identifier: `Jos\u00e9.${word}` });
    expect(first.body.invitee_identifier).toBe(`Jos\u00e9.${word}`);
    for (const address of [`jose\u0301.${word}`, `JOS\u00c9.${word.toUpperCase()}`, ` jos\u00e9.${word} `]) {
      const again = await owner.post(invitationListPath(account), { invitee_identifier: address });
      expect(statusAndBody(again)).toEqual({ status: 400, body: alreadyPending });
    }
  });

  it("a member cannot be invited, whatever the case of the address [R26]", async () => {
    const { owner, account, member } = await createAccountWithMember();
    for (const address of [member.email, owner.email.toUpperCase()]) {
      const answer = await owner.post(invitationListPath(account), { invitee_identifier: address });
      expect(statusAndBody(answer)).toEqual({ status: 400, body: alreadyMember });
    }
    const elsewhere = await createAccount(owner);
    expect(
      (await owner.post(invitationListPath(elsewhere), { invitee_identifier: member.email })).status,
    ).toBe(201);
  });

  it("an expired invitation is not listed, takes no seat and does not block a new one", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await setAccount(account, { max_users: 2 });
    const email = uniqueEmail();
    const old = await createInvitation(owner, account, { invitee_identifier: email });
    const other = { invitee_identifier: uniqueEmail() };
    expect(statusAndBody(await owner.post(invitationListPath(account), other))).toEqual({
      status: 400,
      body: noSeat,
    });
    await setInvite(old, { valid_until: Date.now() - 1, sent_at: 0 });
    expect(await listInvitations(owner, account)).toEqual([]);
    for (const answer of [
      await owner.get(invitationPath(old)),
      await owner.post(invitationPath(old)),
      await owner.delete(invitationPath(old)),
    ]) {
      expect(statusAndBody(answer)).toEqual(gone);
    }
    expect(await storedInvite(old)).toMatchObject({ state: "pending", version: 1 });
    const again = await owner.post(invitationListPath(account), { invitee_identifier: email });
    expect(again.status).toBe(201);
    expect(again.body.uuid).not.toBe(old);
    expect(await storedInvite(old)).toMatchObject({ state: "revoked" });
    expect(await listInvitations(owner, account)).toEqual([email]);
    expect(statusAndBody(await owner.post(invitationListPath(account), other))).toEqual({
      status: 400,
      body: noSeat,
    });
  });

  it("a pending invitation is reported before a member, and a member before missing seats", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const email = uniqueEmail();
    await createInvitation(owner, account, { invitee_identifier: email });
    await setAccount(account, { max_users: 1 });
    const answers = [email, member.email, uniqueEmail()].map(
      async (address) =>
        (await owner.post(invitationListPath(account), { invitee_identifier: address })).body,
    );
    expect(await Promise.all(answers)).toEqual([alreadyPending, alreadyMember, noSeat]);
  });

  it("a plan without a seat limit allows any number of invitations", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    await setAccount(account, { type: "v3enterprise" });
    for (let made = 0; made < 12; made += 1) await createInvitation(owner, account);
    expect(await listInvitations(owner, account)).toHaveLength(12);
  });
});

describe("roles of inviters", () => {
  it("a member invites, resends and revokes members [R10]", async () => {
    const { account, member } = await createAccountWithMember();
    const uuid = await storeInvite(account);
    expect((await member.post(invitationPath(uuid))).status).toBe(200);
    expect((await member.delete(invitationPath(uuid))).status).toBe(204);
    await createInvitation(member, account, { role: "AMEMBER" });
  });

  it("a member can only see invitations of owners", async () => {
    const { account, member } = await createAccountWithMember();
    const refused = await member.post(invitationListPath(account), {
      invitee_identifier: uniqueEmail(),
      role: "AOWNER",
    });
    expect(statusAndBody(refused)).toEqual(forbidden);
    const uuid = await storeInvite(account, "AOWNER");
    expect(statusAndBody(await member.post(invitationPath(uuid)))).toEqual(forbidden);
    expect(statusAndBody(await member.delete(invitationPath(uuid)))).toEqual(forbidden);
    expect((await member.get(invitationPath(uuid))).body.role).toBe("AOWNER");
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending", version: 1, sent_at: 0 });
  });

  it("a caller with invites:write on every account may invite any role", async () => {
    const { account, member } = await createAccountWithMember();
    await addToGroup(member, 1);
    const outside = await createUser();
    await addToGroup(outside, 1);
    for (const caller of [member, outside, await createOperator()]) {
      await createInvitation(caller, account, { role: "AOWNER" });
      const uuid = await storeInvite(account, "AOWNER");
      expect((await caller.post(invitationPath(uuid))).status).toBe(200);
      expect((await caller.delete(invitationPath(uuid))).status).toBe(204);
    }
  });

  it("a caller who may only read sees invitations and changes none", async () => {
    const account = await createAccount(await createUser());
    const uuid = await storeInvite(account);
    const [support, metering] = [await createUser(), await createUser()];
    await addToGroup(support, 3);
    await addToGroup(metering, 2);
    expect((await support.get(invitationPath(uuid))).status).toBe(200);
    expect((await support.get(invitationListPath(account))).body.count).toBe(1);
    for (const answer of [
      await support.post(invitationPath(uuid)),
      await support.delete(invitationPath(uuid)),
      await support.post(invitationListPath(account), { invitee_identifier: uniqueEmail() }),
      await metering.get(invitationPath(uuid)),
      await metering.get(invitationListPath(account)),
    ]) {
      expect(statusAndBody(answer)).toEqual(forbidden);
    }
  });

  it("a blocked organization answers reads of invitations and refuses changes", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const uuid = await storeInvite(account);
    await setAccount(account, { blocking_state: "manager" });
    const blocked = { status: 403, body: { detail: "This organization is blocked: manager." } };
    expect((await owner.get(invitationPath(uuid))).status).toBe(200);
    expect((await owner.get(invitationListPath(account))).status).toBe(200);
    expect(statusAndBody(await owner.post(invitationPath(uuid)))).toEqual(blocked);
    expect(statusAndBody(await owner.delete(invitationPath(uuid)))).toEqual(blocked);
    expect(statusAndBody(await owner.post(invitationListPath(account), "not even an object"))).toEqual(
      blocked,
    );
  });

  it("a deactivated caller can do nothing with invitations", async () => {
    const { account, member } = await createAccountWithMember();
    const uuid = await storeInvite(account);
    await deactivate(member);
    for (const answer of [
      await member.get(invitationListPath(account)),
      await member.post(invitationListPath(account), { invitee_identifier: uniqueEmail() }),
      await member.get(invitationPath(uuid)),
      await member.post(invitationPath(uuid)),
      await member.delete(invitationPath(uuid)),
    ]) {
      expect(statusAndBody(answer)).toEqual({ status: 401, body: { detail: "User inactive or deleted." } });
    }
  });
});

describe("invitations of another tenant", () => {
  it("another tenant's invitation looks like a missing one [R2]", async () => {
    const account = await createAccount(await createUser());
    const uuid = await storeInvite(account);
    const other = await createUser();
    const own = await createAccount(other);
    for (const path of [invitationPath(uuid), invitationPath(crypto.randomUUID())]) {
      for (const answer of [await other.get(path), await other.post(path), await other.delete(path)]) {
        expect(statusAndBody(answer)).toEqual(gone);
      }
    }
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending", version: 1 });
    expect(await listInvitations(other, own)).toEqual([]);
  });

  it("another tenant's invitations can neither be listed nor created", async () => {
    const account = await createAccount(await createUser());
    await storeInvite(account);
    const other = await createUser();
    await createAccount(other);
    for (const { id } of [account, { id: crypto.randomUUID() }, { id: "no-such-slug" }]) {
      expect(statusAndBody(await other.get(invitationListPath({ id })))).toEqual({
        status: 404,
        body: noOrganization,
      });
      const refused = await other.post(invitationListPath({ id }), { invitee_identifier: uniqueEmail() });
      expect(statusAndBody(refused)).toEqual({ status: 404, body: noOrganization });
    }
  });

  it("an address invited by another tenant can still be invited", async () => {
    const email = uniqueEmail();
    for (const owner of [await createUser(), await createUser()]) {
      const account = await createAccount(owner);
      await createInvitation(owner, account, { invitee_identifier: email });
      expect(await listInvitations(owner, account)).toEqual([email]);
    }
  });

  it("a malformed uuid is 404", async () => {
    const owner = await createUser();
    await createAccount(owner);
    for (const answer of [
      await owner.get(invitationPath("nonsense")),
      await owner.post(invitationPath("nonsense")),
      await owner.delete(invitationPath("nonsense")),
    ]) {
      expect(statusAndBody(answer)).toEqual({ status: 404, body: notFound });
    }
    expect((await owner.send("PATCH", invitationsPath)).status).toBe(405);
  });
});

describe("simultaneous requests", () => {
  it("fifty simultaneous invitations of one address create one [R22]", async () => {
    const owner = await createKnownUser();
    const account = await createAccount(owner);
    const email = uniqueEmail();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        owner.post(invitationListPath(account), {
          invitee_identifier: at % 2 === 0 ? email : email.toUpperCase(),
        }),
      ),
    );
    expect(countStatuses(answers)).toEqual({ "201": 1, [`400 ${JSON.stringify(alreadyPending)}`]: 49 });
    expect(await listInvitations(owner, account)).toHaveLength(1);
  });

  it("thirty simultaneous invitations take exactly the free seats [R28]", async () => {
    const { owner, account } = await createAccountWithMember();
    await setAccount(account, { max_users: 7 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        owner.post(invitationListPath(account), { invitee_identifier: uniqueEmail() }),
      ),
    );
    expect(countStatuses(answers)).toEqual({ "201": 5, [`400 ${JSON.stringify(noSeat)}`]: 25 });
    expect(await listInvitations(owner, account)).toHaveLength(5);
  });

  it("fifty simultaneous resends send once, and the others get Retry-After", async () => {
    const owner = await createKnownUser();
    const uuid = await storeInvite(await createAccount(owner));
    const answers = await Promise.all(Array.from({ length: 50 }, () => owner.post(invitationPath(uuid))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(49);
    expect(await storedInvite(uuid)).toMatchObject({ version: 2 });
    expect(await auditOf(uuid)).toHaveLength(1);
  });

  it("ten simultaneous revocations revoke once", async () => {
    const owner = await createKnownUser();
    const uuid = await storeInvite(await createAccount(owner));
    const answers = await Promise.all(Array.from({ length: 10 }, () => owner.delete(invitationPath(uuid))));
    expect(countStatuses(answers)).toEqual({ "204": 1, [`404 ${JSON.stringify(noInvitation)}`]: 9 });
    expect(await auditOf(uuid)).toHaveLength(1);
  });
});

describe("resending", () => {
  it("a resend within a minute of the last one is refused with the seconds left [R24]", async () => {
    const owner = await createUser();
    const uuid = await createInvitation(owner, await createAccount(owner));
    const first = await owner.post(invitationPath(uuid));
    expect(first.status).toBe(429);
    const left = Number(first.headers.get("Retry-After"));
    expect(left).toBeGreaterThan(50);
    expect(left).toBeLessThanOrEqual(60);
    expect(first.body).toEqual({ detail: `Request was throttled. Expected available in ${left} seconds.` });
    await setInvite(uuid, { sent_at: Date.now() - 60_000 });
    expect((await owner.post(invitationPath(uuid))).status).toBe(200);
    expect((await owner.post(invitationPath(uuid))).status).toBe(429);
    expect(await storedInvite(uuid)).toMatchObject({ version: 2 });
  });

  it("a resend ignores its body", async () => {
    const { account } = await createAccountWithMember();
    const member = await createMember(account);
    await addMember(await createAccount(await createUser()), member);
    const uuid = await storeInvite(account);
    const answer = await member.send("POST", invitationPath(uuid), undefined, {
      raw: "<broken",
      headers: { "Content-Type": "text/xml" },
    });
    expect(answer.status).toBe(200);
  });
});
