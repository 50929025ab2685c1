/** Joining an account by the secret of an invitation. */
import { describe, expect, it } from "vitest";

import { storedInvite, storeInvite } from "../organizations/invitations.ts";
import { answered } from "../organizations/requests.ts";
import { makeAccount, operator, someone, unique, type Caller } from "../world.ts";
import { accept, invite, invited, inviteOf, inviteSecret, joined, lastInvite } from "./invites.ts";
import {
  blocked,
  found,
  historyOf,
  idOf,
  join,
  membersOf,
  noInvite,
  noSeat,
  rolesIn,
  seatsTaken,
  statusesOf,
} from "./members.ts";
import { setAccount } from "./rows.ts";

describe("an invitation's secret", () => {
  it("makes a member of whoever has it, whatever their address", async () => {
    const { account } = await found();
    for (const claims of [
      {},
      { email_verified: false },
      { sub: unique("nameless"), email: undefined, email_verified: undefined },
    ]) {
      const guest = await someone(claims);
      const uuid = await storeInvite(account);
      expect(answered(await accept(guest, await inviteSecret(uuid)))).toEqual(joined(account));
      expect(await rolesIn(account)).toHaveProperty(await idOf(guest), "AMEMBER");
      expect(await storedInvite(uuid)).toMatchObject({ state: "accepted", version: 1 });
      expect((await guest.get("/api/v1/accounts")).body).toMatchObject([{ id: account.id }]);
    }
  });

  it("gives the role of the invitation, and a row of history", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    const email = await invited(owner, account, "AOWNER");
    const { uuid } = await lastInvite(account, email);
    expect(answered(await accept(guest, await inviteSecret(uuid)))).toEqual(joined(account));
    expect((await guest.get(membersOf(account))).status).toBe(200);
    expect((await historyOf(account)).at(-1)).toEqual({
      actor: await idOf(guest),
      action: "invite.accepted",
      target: `invite:${uuid}`,
      changes: { role: [null, "AOWNER"] },
    });
    expect((await owner.get(`/api/v1/account/${account.id}/invites`)).body).toEqual([]);
  });

  it("answers who accepted it the same again, and nobody else [R20]", async () => {
    const { owner, account } = await found();
    const [guest, second] = [await someone(), await someone()];
    const token = await inviteSecret(await storeInvite(account));
    for (let time = 0; time < 3; time += 1) {
      expect(answered(await accept(guest, token))).toEqual(joined(account));
    }
    expect(answered(await accept(second, token))).toEqual(noInvite);
    expect(answered(await accept(owner, token))).toEqual(noInvite);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await historyOf(account)).toHaveLength(1);
  });

  it("does not bring back who has left since", async () => {
    const { account } = await found();
    const guest = await someone();
    const token = await inviteSecret(await storeInvite(account));
    await accept(guest, token);
    expect((await guest.delete(`/api/v1/account/${account.id}/user/${await idOf(guest)}`)).status).toBe(204);
    expect(answered(await accept(guest, token))).toEqual(joined(account));
    expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
  });

  it("names the account as it is called now", async () => {
    const { owner, account } = await found();
    const token = await inviteSecret(await storeInvite(account));
    const slug = unique("renamed");
    await owner.patch(`/api/v1/account/${account.slug}`, { slug });
    expect(answered(await accept(await someone(), token))).toEqual(joined({ ...account, slug }));
  });
});

describe("an account that cannot be joined", () => {
  it("as it is blocked says so, but to operators [R23]", async () => {
    const { account } = await found();
    const uuid = await storeInvite(account);
    const token = await inviteSecret(uuid);
    await setAccount(account, { blocking_state: "manager" });
    expect(answered(await accept(await someone(), token))).toEqual(blocked);
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending" });
    const root = await someone({ sub: unique("root"), email: "root@example.com" });
    expect(answered(await accept(root, token))).toEqual(joined(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
  });

  it("is not one at its quota", async () => {
    const { account } = await found();
    await setAccount(account, { quota_until: Date.now() + 60_000 });
    const token = await inviteSecret(await storeInvite(account));
    expect(answered(await accept(await someone(), token))).toEqual(joined(account));
  });

  it("as its limit was lowered says so, and the invitation waits [R23]", async () => {
    const { account } = await found();
    const uuid = await storeInvite(account);
    const token = await inviteSecret(uuid);
    const guest = await someone();
    await setAccount(account, { max_users: 1 });
    for (const caller of [guest, await operator()]) {
      expect(answered(await accept(caller, token))).toEqual(noSeat);
    }
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending", accepted_by: null });
    expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
    expect(await historyOf(account)).toEqual([]);
    await setAccount(account, { max_users: 2 });
    expect(answered(await accept(guest, token))).toEqual(joined(account));
  });

  it("is not one whose last seat the invitation has: it becomes the member's", async () => {
    const { owner, account } = await found();
    await setAccount(account, { max_users: 2 });
    const token = await inviteSecret(await storeInvite(account));
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
    expect(answered(await accept(await someone(), token))).toEqual(joined(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(answered(await invite(owner, account, { email: "next@example.com" }))).toEqual(noSeat);
  });
});

describe("a role one has", () => {
  it("is raised by an invitation and never lowered, at no seat's cost", async () => {
    const { owner, ownerId, account } = await found();
    const { caller: member, id } = await join(account);
    const invites = [
      await storeInvite(account, "AOWNER"),
      await storeInvite(account),
      await storeInvite(account),
    ];
    await setAccount(account, { max_users: 1 });
    const [high = "", low = "", another = ""] = await Promise.all(invites.map((uuid) => inviteSecret(uuid)));
    expect(answered(await accept(member, another))).toEqual(joined(account));
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AOWNER", [id]: "AMEMBER" });
    expect(answered(await accept(member, high))).toEqual(joined(account));
    expect(answered(await accept(owner, low))).toEqual(joined(account));
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AOWNER", [id]: "AOWNER" });
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect((await historyOf(account)).map(({ changes }) => changes)).toEqual([
      {},
      { role: ["AMEMBER", "AOWNER"] },
      {},
    ]);
  });
});

describe("at once", () => {
  it("fifty acceptances by one user are one membership, and all the same answer [R21]", async () => {
    const { account } = await found();
    const guest = await someone();
    await idOf(guest);
    const token = await inviteSecret(await storeInvite(account));
    const answers = await Promise.all(Array.from({ length: 50 }, () => accept(guest, token)));
    for (const answer of answers) expect(answered(answer)).toEqual(joined(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await historyOf(account)).toHaveLength(1);
  });

  it("fifty users with one secret are one member more", async () => {
    const { account } = await found();
    const guests: Caller[] = [];
    for (let made = 0; made < 50; made += 1) guests.push(await someone());
    const token = await inviteSecret(await storeInvite(account));
    const answers = await Promise.all(guests.map((guest) => accept(guest, token)));
    expect(statusesOf(answers)).toEqual([200, ...Array(49).fill(404)]);
    for (const answer of answers) {
      expect(answered(answer)).toEqual(answer.status === 200 ? joined(account) : noInvite);
    }
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
  });

  it("three invitations of one user are one membership, of the highest role", async () => {
    const { owner, account } = await found();
    await setAccount(account, { max_users: 4 });
    for (let round = 0; round < 10; round += 1) {
      const guest = await someone();
      const id = await idOf(guest);
      const invites = [
        await storeInvite(account),
        await storeInvite(account, "AOWNER"),
        await storeInvite(account),
      ];
      const tokens = await Promise.all(invites.map((uuid) => inviteSecret(uuid)));
      const answers = await Promise.all(tokens.map((token) => accept(guest, token)));
      for (const answer of answers) expect(answered(answer)).toEqual(joined(account));
      expect((await rolesIn(account))[id]).toBe("AOWNER");
      expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
      await owner.patch(membersOf(account), { delete: [id] });
    }
  });

  it("accepting and revoking end with one of them", async () => {
    const { owner, account } = await found();
    for (let round = 0; round < 10; round += 1) {
      const guest = await someone();
      await idOf(guest);
      const email = await invited(owner, account);
      const { uuid } = await lastInvite(account, email);
      const [accepted, revoked] = await Promise.all([
        accept(guest, await inviteSecret(uuid)),
        owner.delete(inviteOf(account, email)),
      ]);
      const state = (await storedInvite(uuid))?.["state"];
      expect([accepted.status, revoked.status, state]).toEqual(
        state === "accepted" ? [200, 404, "accepted"] : [404, 204, "revoked"],
      );
      expect((await guest.get("/api/v1/accounts")).body).toHaveLength(state === "accepted" ? 1 : 0);
      await owner.patch(membersOf(account), { delete: [await idOf(guest)] });
    }
  });

  it("accepting while the account is deleted makes a member of nothing [R23]", async () => {
    for (let round = 0; round < 5; round += 1) {
      const owner = await someone();
      const account = await makeAccount(owner);
      const guest = await someone();
      await idOf(guest);
      const token = await inviteSecret(await storeInvite(account));
      const [accepted, deleted] = await Promise.all([
        accept(guest, token),
        owner.delete(`/api/v1/account/${account.slug}`),
      ]);
      expect(deleted.status).toBe(204);
      expect([200, 404]).toContain(accepted.status);
      expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
    }
  });
});
