import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { masked } from "../../src/services/audit.ts";
import { setAccount } from "../accounts/rows.ts";
import { addMember, addToGroup, makeAccount, operator, someone, type Caller } from "../world.ts";
import {
  alreadyMember,
  anAddress,
  face,
  invite,
  listed,
  listOf,
  noInvitation,
  noSeat,
  one,
  pendingAlready,
  setInvite,
  storedInvite,
  storeInvite,
  tally,
  week,
} from "./invitations.ts";
import {
  answered,
  deactivate,
  makeAccountWithMember,
  makeMember,
  missing,
  notAllowed,
  notFound,
  someoneKnown,
} from "./requests.ts";

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
  it("is made, listed, retrieved, sent again and revoked", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const me = await uuidOf(owner);
    const email = anAddress();
    const before = Date.now();
    const made = await owner.post(listOf(account), { invitee_identifier: email, role: "AOWNER" });
    expect(made.status).toBe(201);
    const { uuid, sent_at: sentAt, valid_until: validUntil, ...rest } = made.body;
    expect(rest).toEqual({ invitee_identifier: email, role: "AOWNER", invited_by: me });
    expect(sentAt).toBe(new Date(sentAt).toISOString());
    expect(Date.parse(sentAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(validUntil) - Date.parse(sentAt)).toBe(week);

    expect(answered(await owner.get(one(uuid)))).toEqual({ status: 200, body: made.body });
    expect(answered(await owner.get(listOf(account)))).toEqual({
      status: 200,
      body: { count: 1, next: null, previous: null, results: [made.body] },
    });

    await setInvite(uuid, { sent_at: Date.now() - 60_001, mailed_at: 1 });
    const resent = await owner.post(one(uuid));
    expect(answered(resent)).toEqual({
      status: 200,
      body: { ...made.body, sent_at: resent.body.sent_at, valid_until: resent.body.valid_until },
    });
    expect(Date.parse(resent.body.sent_at)).toBeGreaterThanOrEqual(Date.parse(sentAt));
    expect(Date.parse(resent.body.valid_until) - Date.parse(resent.body.sent_at)).toBe(week);
    expect(await storedInvite(uuid)).toMatchObject({ version: 2, mailed_at: null });

    const revoked = await owner.delete(one(uuid));
    expect([revoked.status, revoked.text]).toEqual([204, ""]);
    for (const answer of [
      await owner.delete(one(uuid)),
      await owner.get(one(uuid)),
      await owner.post(one(uuid)),
    ]) {
      expect(answered(answer)).toEqual(gone);
    }
    expect(await listed(owner, account)).toEqual([]);
    expect(await auditOf(uuid)).toEqual([
      { actor: me, action: "invite.created", changes: { email: [null, masked], role: [null, "AOWNER"] } },
      { actor: me, action: "invite.resent", changes: { version: [1, 2] } },
      { actor: me, action: "invite.revoked", changes: { email: [masked, null], role: ["AOWNER", null] } },
    ]);
    expect((await owner.post(listOf(account), { invitee_identifier: email })).status).toBe(201);
  });

  it("invites a member unless told, and outlives its inviter as nobody's", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const uuid = await invite(member, account);
    expect((await owner.get(one(uuid))).body).toMatchObject({
      role: "AMEMBER",
      invited_by: await uuidOf(member),
    });
    await env.DB.prepare("UPDATE invites SET invited_by = NULL WHERE uuid = ?").bind(uuid).run();
    expect((await owner.get(one(uuid))).body.invited_by).toBeNull();
  });

  it("of an address differing in case or normal form is the same [R25]", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const word = anAddress();
    const first = await owner.post(listOf(account), { invitee_identifier: `Jos\u00e9.${word}` });
    expect(first.body.invitee_identifier).toBe(`Jos\u00e9.${word}`);
    for (const address of [`jose\u0301.${word}`, `JOS\u00c9.${word.toUpperCase()}`, ` jos\u00e9.${word} `]) {
      const again = await owner.post(listOf(account), { invitee_identifier: address });
      expect(answered(again)).toEqual({ status: 400, body: pendingAlready });
    }
  });

  it("is refused to who is a member, whatever the case of the address [R26]", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    for (const address of [member.email, owner.email.toUpperCase()]) {
      const answer = await owner.post(listOf(account), { invitee_identifier: address });
      expect(answered(answer)).toEqual({ status: 400, body: alreadyMember });
    }
    const elsewhere = await makeAccount(owner);
    expect((await owner.post(listOf(elsewhere), { invitee_identifier: member.email })).status).toBe(201);
  });

  it("that has expired is in no list, takes no seat and does not stand in the way", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    await setAccount(account, { max_users: 2 });
    const email = anAddress();
    const old = await invite(owner, account, { invitee_identifier: email });
    const other = { invitee_identifier: anAddress() };
    expect(answered(await owner.post(listOf(account), other))).toEqual({ status: 400, body: noSeat });
    await setInvite(old, { valid_until: Date.now() - 1, sent_at: 0 });
    expect(await listed(owner, account)).toEqual([]);
    for (const answer of [
      await owner.get(one(old)),
      await owner.post(one(old)),
      await owner.delete(one(old)),
    ]) {
      expect(answered(answer)).toEqual(gone);
    }
    expect(await storedInvite(old)).toMatchObject({ state: "pending", version: 1 });
    const again = await owner.post(listOf(account), { invitee_identifier: email });
    expect(again.status).toBe(201);
    expect(again.body.uuid).not.toBe(old);
    expect(await storedInvite(old)).toMatchObject({ state: "revoked" });
    expect(await listed(owner, account)).toEqual([email]);
    expect(answered(await owner.post(listOf(account), other))).toEqual({ status: 400, body: noSeat });
  });

  it("tells of the pending one first, then of the member, then of the seats", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const email = anAddress();
    await invite(owner, account, { invitee_identifier: email });
    await setAccount(account, { max_users: 1 });
    const answers = [email, member.email, anAddress()].map(
      async (address) => (await owner.post(listOf(account), { invitee_identifier: address })).body,
    );
    expect(await Promise.all(answers)).toEqual([pendingAlready, alreadyMember, noSeat]);
  });

  it("without a limit needs no seat", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    await setAccount(account, { type: "v3enterprise" });
    for (let made = 0; made < 12; made += 1) await invite(owner, account);
    expect(await listed(owner, account)).toHaveLength(12);
  });
});

describe("nobody rises above themselves", () => {
  it("a member invites, resends and revokes members [R10]", async () => {
    const { account, member } = await makeAccountWithMember();
    const uuid = await storeInvite(account);
    expect((await member.post(one(uuid))).status).toBe(200);
    expect((await member.delete(one(uuid))).status).toBe(204);
    await invite(member, account, { role: "AMEMBER" });
  });

  it("a member does nothing about owners' invitations but see them", async () => {
    const { account, member } = await makeAccountWithMember();
    const refused = await member.post(listOf(account), { invitee_identifier: anAddress(), role: "AOWNER" });
    expect(answered(refused)).toEqual(forbidden);
    const uuid = await storeInvite(account, "AOWNER");
    expect(answered(await member.post(one(uuid)))).toEqual(forbidden);
    expect(answered(await member.delete(one(uuid)))).toEqual(forbidden);
    expect((await member.get(one(uuid))).body.role).toBe("AOWNER");
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending", version: 1, sent_at: 0 });
  });

  it("who may write invitations everywhere is bound by no role", async () => {
    const { account, member } = await makeAccountWithMember();
    await addToGroup(member, 1);
    const outside = await someone();
    await addToGroup(outside, 1);
    for (const caller of [member, outside, await operator()]) {
      await invite(caller, account, { role: "AOWNER" });
      const uuid = await storeInvite(account, "AOWNER");
      expect((await caller.post(one(uuid))).status).toBe(200);
      expect((await caller.delete(one(uuid))).status).toBe(204);
    }
  });

  it("who may only read sees and changes nothing", async () => {
    const account = await makeAccount(await someone());
    const uuid = await storeInvite(account);
    const [support, metering] = [await someone(), await someone()];
    await addToGroup(support, 3);
    await addToGroup(metering, 2);
    expect((await support.get(one(uuid))).status).toBe(200);
    expect((await support.get(listOf(account))).body.count).toBe(1);
    for (const answer of [
      await support.post(one(uuid)),
      await support.delete(one(uuid)),
      await support.post(listOf(account), { invitee_identifier: anAddress() }),
      await metering.get(one(uuid)),
      await metering.get(listOf(account)),
    ]) {
      expect(answered(answer)).toEqual(forbidden);
    }
  });

  it("a blocked organization answers reads", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const uuid = await storeInvite(account);
    await setAccount(account, { blocking_state: "manager" });
    const blocked = { status: 403, body: { detail: "This organization is blocked: manager." } };
    expect((await owner.get(one(uuid))).status).toBe(200);
    expect((await owner.get(listOf(account))).status).toBe(200);
    expect(answered(await owner.post(one(uuid)))).toEqual(blocked);
    expect(answered(await owner.delete(one(uuid)))).toEqual(blocked);
    expect(answered(await owner.post(listOf(account), "not even an object"))).toEqual(blocked);
  });

  it("a deactivated caller does nothing", async () => {
    const { account, member } = await makeAccountWithMember();
    const uuid = await storeInvite(account);
    await deactivate(member);
    for (const answer of [
      await member.get(listOf(account)),
      await member.post(listOf(account), { invitee_identifier: anAddress() }),
      await member.get(one(uuid)),
      await member.post(one(uuid)),
      await member.delete(one(uuid)),
    ]) {
      expect(answered(answer)).toEqual({ status: 401, body: { detail: "User inactive or deleted." } });
    }
  });
});

describe("another's invitation", () => {
  it("is answered as one that does not exist [R2]", async () => {
    const account = await makeAccount(await someone());
    const uuid = await storeInvite(account);
    const other = await someone();
    const own = await makeAccount(other);
    for (const path of [one(uuid), one(crypto.randomUUID())]) {
      for (const answer of [await other.get(path), await other.post(path), await other.delete(path)]) {
        expect(answered(answer)).toEqual(gone);
      }
    }
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending", version: 1 });
    expect(await listed(other, own)).toEqual([]);
  });

  it("is neither listed nor made", async () => {
    const account = await makeAccount(await someone());
    await storeInvite(account);
    const other = await someone();
    await makeAccount(other);
    for (const { id } of [account, { id: crypto.randomUUID() }, { id: "no-such-slug" }]) {
      expect(answered(await other.get(listOf({ id })))).toEqual({ status: 404, body: missing });
      const refused = await other.post(listOf({ id }), { invitee_identifier: anAddress() });
      expect(answered(refused)).toEqual({ status: 404, body: missing });
    }
  });

  it("leaves an address free in one's own organization", async () => {
    const email = anAddress();
    for (const owner of [await someone(), await someone()]) {
      const account = await makeAccount(owner);
      await invite(owner, account, { invitee_identifier: email });
      expect(await listed(owner, account)).toEqual([email]);
    }
  });

  it("a malformed uuid names nothing", async () => {
    const owner = await someone();
    await makeAccount(owner);
    for (const answer of [
      await owner.get(one("nonsense")),
      await owner.post(one("nonsense")),
      await owner.delete(one("nonsense")),
    ]) {
      expect(answered(answer)).toEqual({ status: 404, body: notFound });
    }
    expect((await owner.send("PATCH", face)).status).toBe(405);
  });
});

describe("at once", () => {
  it("fifty invitations of one address are one [R22]", async () => {
    const owner = await someoneKnown();
    const account = await makeAccount(owner);
    const email = anAddress();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        owner.post(listOf(account), { invitee_identifier: at % 2 === 0 ? email : email.toUpperCase() }),
      ),
    );
    expect(tally(answers)).toEqual({ "201": 1, [`400 ${JSON.stringify(pendingAlready)}`]: 49 });
    expect(await listed(owner, account)).toHaveLength(1);
  });

  it("thirty invitations of different addresses take the seats there are [R28]", async () => {
    const { owner, account } = await makeAccountWithMember();
    await setAccount(account, { max_users: 7 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => owner.post(listOf(account), { invitee_identifier: anAddress() })),
    );
    expect(tally(answers)).toEqual({ "201": 5, [`400 ${JSON.stringify(noSeat)}`]: 25 });
    expect(await listed(owner, account)).toHaveLength(5);
  });

  it("fifty resends are one, and the others are told when", async () => {
    const owner = await someoneKnown();
    const uuid = await storeInvite(await makeAccount(owner));
    const answers = await Promise.all(Array.from({ length: 50 }, () => owner.post(one(uuid))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(49);
    expect(await storedInvite(uuid)).toMatchObject({ version: 2 });
    expect(await auditOf(uuid)).toHaveLength(1);
  });

  it("ten revocations are one", async () => {
    const owner = await someoneKnown();
    const uuid = await storeInvite(await makeAccount(owner));
    const answers = await Promise.all(Array.from({ length: 10 }, () => owner.delete(one(uuid))));
    expect(tally(answers)).toEqual({ "204": 1, [`404 ${JSON.stringify(noInvitation)}`]: 9 });
    expect(await auditOf(uuid)).toHaveLength(1);
  });
});

describe("a resend", () => {
  it("within a minute of the last sending is refused, with the seconds left [R24]", async () => {
    const owner = await someone();
    const uuid = await invite(owner, await makeAccount(owner));
    const first = await owner.post(one(uuid));
    expect(first.status).toBe(429);
    const left = Number(first.headers.get("Retry-After"));
    expect(left).toBeGreaterThan(50);
    expect(left).toBeLessThanOrEqual(60);
    expect(first.body).toEqual({ detail: `Request was throttled. Expected available in ${left} seconds.` });
    await setInvite(uuid, { sent_at: Date.now() - 60_000 });
    expect((await owner.post(one(uuid))).status).toBe(200);
    expect((await owner.post(one(uuid))).status).toBe(429);
    expect(await storedInvite(uuid)).toMatchObject({ version: 2 });
  });

  it("does not read its body", async () => {
    const { account } = await makeAccountWithMember();
    const member = await makeMember(account);
    await addMember(await makeAccount(await someone()), member);
    const uuid = await storeInvite(account);
    const answer = await member.send("POST", one(uuid), undefined, {
      raw: "<broken",
      headers: { "Content-Type": "text/xml" },
    });
    expect(answer.status).toBe(200);
  });
});
