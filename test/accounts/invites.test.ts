/** Who is invited into an account, on this face. */
import { describe, expect, it } from "vitest";

import { masked } from "../../src/services/audit.ts";
import { noField, noString } from "../faults.ts";
import { anAddress, listed, setInvite, storeInvite, week } from "../organizations/invitations.ts";
import { answered, makeAccountWithMember } from "../organizations/requests.ts";
import { addToGroup, makeAccount, operator, someone } from "../world.ts";
import { done, invite, invited, inviteOf, invitesOf, lastInvite, sentAgo } from "./invites.ts";
import {
  alreadyMember,
  bare,
  blocked,
  found,
  historyOf,
  idOf,
  noRole,
  noSeat,
  nothing,
  roleFault,
  seatsTaken,
  uuidFault,
} from "./members.ts";
import { setAccount } from "./rows.ts";

describe("the list of invites", () => {
  it("has address, role and end of each, in the order they were made, for owners and members", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const emails = [await invited(owner, account, "AOWNER"), await invited(member, account)];
    const shown = [];
    for (const email of emails) {
      const { role, sent_at, valid_until } = await lastInvite(account, email);
      expect(valid_until - sent_at).toBe(week);
      shown.push({ email, role, expires: new Date(valid_until).toISOString() });
    }
    for (const caller of [owner, member, await operator()]) {
      expect(answered(await caller.get(invitesOf(account)))).toEqual({ status: 200, body: shown });
    }
    const spelled = await owner.get(`/api/v1/account/${account.id.toUpperCase()}/invites`);
    expect(spelled.body).toEqual(shown);
  });

  it("keeps an address as it was written", async () => {
    const { owner, account } = await found();
    const email = `Ada+Test/${anAddress()}`.toUpperCase();
    await invite(owner, account, { email });
    expect((await owner.get(invitesOf(account))).body).toMatchObject([{ email }]);
  });

  it("has pending ones only", async () => {
    const { owner, account } = await found();
    const [expired, revoked] = [await storeInvite(account), await storeInvite(account)];
    await setInvite(expired, { valid_until: Date.now() - 1 });
    expect((await owner.delete(`/accounts/invite/${revoked}/`)).status).toBe(204);
    const guest = await someone();
    await invite(owner, account, { email: guest.email });
    const { uuid } = await lastInvite(account, guest.email);
    expect((await guest.post(`/api/v1/user/invites/${uuid}/accept`)).status).toBe(200);
    expect(answered(await owner.get(invitesOf(account)))).toEqual({ status: 200, body: [] });
  });

  it("has never another account's, and none for outsiders", async () => {
    const { owner, account } = await found();
    const other = await found();
    await storeInvite(other.account);
    expect((await owner.get(invitesOf(account))).body).toEqual([]);
    expect(answered(await owner.get(invitesOf(other.account)))).toEqual(noRole);
    expect(answered(await owner.get(invitesOf({ ...account, id: crypto.randomUUID() })))).toEqual(noRole);
    const support = await someone();
    await addToGroup(support, 3);
    expect((await support.get(invitesOf(other.account))).body).toHaveLength(1);
    const missing = await support.get(invitesOf({ ...account, id: crypto.randomUUID() }));
    expect(answered(missing)).toEqual({ status: 404, body: { detail: "Account not found" } });
  });

  it("is asked for by id: a slug is none", async () => {
    const { owner, account } = await found();
    const slug = await owner.get(`/api/v1/account/${account.slug}/invites`);
    expect([slug.status, slug.body.detail[0].type]).toEqual([422, "uuid_parsing"]);
    const reason = "invalid length: expected length 32 for simple format, found 2";
    const body = { detail: [{ ...uuidFault("ab", reason), loc: ["path", "account_id"] }] };
    for (const caller of [owner, await someone()]) {
      expect(answered(await caller.get("/api/v1/account/ab/invites"))).toEqual({ status: 422, body });
    }
  });

  it("is the organizations face's", async () => {
    const { owner, account } = await found();
    const here = await invited(owner, account);
    const there = anAddress();
    const path = `/accounts/invite/?organization=${account.id}`;
    expect((await owner.post(path, { invitee_identifier: there })).status).toBe(201);
    expect(await listed(owner, account)).toEqual([here, there]);
    const both = (await owner.get(invitesOf(account))).body;
    expect(both.map(({ email }: { email: string }) => email)).toEqual([here, there]);
    const [shown] = (await owner.get(path)).body.results;
    expect(both[0]).toEqual({ email: here, role: shown.role, expires: shown.valid_until });
    expect((await owner.delete(inviteOf(account, there))).status).toBe(204);
    expect((await owner.delete(`/accounts/invite/${shown.uuid}/`)).status).toBe(204);
    expect((await owner.get(invitesOf(account))).body).toEqual([]);
    expect(await listed(owner, account)).toEqual([]);
  });
});

describe("an invite", () => {
  it("is for a member unless told, from whoever asks; other keys set nothing", async () => {
    const { owner, ownerId, account } = await found();
    const email = anAddress();
    const more = {
      came_from: "https://evil.example",
      uuid: "x",
      state: "accepted",
      version: 9,
      invited_by: 1,
    };
    expect(answered(await invite(owner, account, { email, ...more }))).toEqual(done);
    const stored = await lastInvite(account, email);
    expect(stored).toMatchObject({ email, role: "AMEMBER", state: "pending", version: 1, mailed_at: null });
    expect(await historyOf(account)).toEqual([
      {
        actor: ownerId,
        action: "invite.created",
        target: `invite:${stored.uuid}`,
        changes: { email: [null, masked], role: [null, "AMEMBER"] },
      },
    ]);
  });

  it("by a member is for members; by an owner for anyone [R10]", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const email = anAddress();
    expect(answered(await invite(member, account, { email, role: "AOWNER" }))).toEqual(noRole);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    await invited(member, account, "AMEMBER");
    await invited(owner, account, "AOWNER");
    expect(answered(await invite(await someone(), account, { email }))).toEqual(noRole);
  });

  it("of who is a member is refused, whatever the case, and whoever has an invite too [R26]", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    for (const email of [member.email, member.email.toUpperCase(), owner.email]) {
      expect(answered(await invite(owner, account, { email }))).toEqual(alreadyMember);
    }
    const guest = await someone();
    await invite(owner, account, { email: guest.email });
    await owner.patch(`/api/v1/account/${account.slug}/users`, {
      add: [{ id: await idOf(guest), role: "AMEMBER" }],
    });
    expect(answered(await invite(owner, account, { email: guest.email }))).toEqual(alreadyMember);
    expect(answered(await invite(owner, await makeAccount(owner), { email: member.email }))).toEqual(done);
  });

  it("needs a seat; renewing one does not", async () => {
    const { owner, account } = await found();
    await setAccount(account, { max_users: 2 });
    const email = await invited(owner, account);
    for (const caller of [owner, await operator()]) {
      expect(answered(await invite(caller, account, { email: anAddress() }))).toEqual(noSeat);
    }
    await setAccount(account, { max_users: 1 });
    await sentAgo(account, email, 60_000);
    expect(answered(await invite(owner, account, { email }))).toEqual(done);
    expect(await lastInvite(account, email)).toMatchObject({ version: 2 });
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
  });

  it("of a blocked account is refused, but to operators", async () => {
    const { owner, account } = await found();
    const email = await invited(owner, account);
    await setAccount(account, { blocking_state: "manager" });
    expect(answered(await invite(owner, account, { email: anAddress() }))).toEqual(blocked);
    expect(answered(await invite(owner, account, { email }))).toEqual(blocked);
    expect(answered(await owner.delete(inviteOf(account, email)))).toEqual(blocked);
    expect((await owner.get(invitesOf(account))).body).toHaveLength(1);
    const root = await operator();
    expect(answered(await invite(root, account, { email: anAddress() }))).toEqual(done);
    expect(bare(await root.delete(inviteOf(account, email)))).toEqual(nothing);
  });

  it("that cannot be meant is told so, all at once, to whoever asks", async () => {
    const { owner, account } = await found();
    const outsider = await someone();
    const noAddress = (input: string, reason: string) => ({
      type: "value_error",
      loc: ["body", "email"],
      msg: `value is not a valid email address: ${reason}`,
      input,
      ctx: { reason },
    });
    const role = { ...roleFault, loc: ["body", "role"] };
    for (const [body, ...detail] of [
      [{}, { ...noField, loc: ["body", "email"], input: {} }],
      [
        { role: null, email: "nope" },
        noAddress("nope", "An email address must have an @-sign."),
        { ...role, input: null },
      ],
      [
        { email: "ada@localhost", role: "BOSS" },
        noAddress("ada@localhost", "The part after the @-sign is not valid. It should have a period."),
        { ...role, input: "BOSS" },
      ],
      [{ email: 5 }, { ...noString, loc: ["body", "email"], input: 5 }],
    ]) {
      for (const caller of [owner, outsider]) {
        expect(answered(await invite(caller, account, body))).toEqual({ status: 422, body: { detail } });
      }
    }
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 0 });
  });
});
