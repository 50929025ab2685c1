import { describe, expect, it } from "vitest";

import {
  acceptInvite,
  createInvite,
  invitationTokenOf,
  invitePath,
  inviteToAccount,
  joinedResponse,
  latestInvite,
} from "../../support/account-invites.ts";
import { setAccount } from "../../support/database.ts";
import {
  type Caller,
  createAccount,
  createOperator,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { storedInvite, storeInvite } from "../../support/invitations.ts";
import {
  auditRowsOf,
  blocked,
  createAccountWithOwner,
  joinAccount,
  membersPath,
  noInvite,
  noSeat,
  rolesIn,
  seatsTaken,
  statusesOf,
  userIdOf,
} from "../../support/members.ts";
import { effort } from "../../support/effort.ts";
describe("an invitation's secret", () => {
  it("the secret makes its bearer a member, whatever their address", async () => {
    const { account } = await createAccountWithOwner();
    for (const claims of [
      {},
      { email_verified: false },
      { sub: unique("nameless"), email: undefined, email_verified: undefined },
    ]) {
      const guest = await createUser(claims);
      const uuid = await storeInvite(account);
      expect(statusAndBody(await acceptInvite(guest, await invitationTokenOf(uuid)))).toEqual(
        joinedResponse(account),
      );
      expect(await rolesIn(account)).toHaveProperty(await userIdOf(guest), "AMEMBER");
      expect(await storedInvite(uuid)).toMatchObject({ state: "accepted", version: 1 });
      expect((await guest.get("/api/v1/accounts")).body).toMatchObject([{ id: account.id }]);
    }
  });

  it("accepting gives the invitation's role and writes an audit row", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    const email = await createInvite(owner, account, "AOWNER");
    const { uuid } = await latestInvite(account, email);
    expect(statusAndBody(await acceptInvite(guest, await invitationTokenOf(uuid)))).toEqual(
      joinedResponse(account),
    );
    expect((await guest.get(membersPath(account))).status).toBe(200);
    expect((await auditRowsOf(account)).at(-1)).toEqual({
      actor: await userIdOf(guest),
      action: "invite.accepted",
      target: `invite:${uuid}`,
      changes: { role: [null, "AOWNER"] },
    });
    expect((await owner.get(`/api/v1/account/${account.id}/invites`)).body).toEqual([]);
  });

  it("accepting again returns the same answer to the same user only [R20]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const [guest, second] = [await createUser(), await createUser()];
    const token = await invitationTokenOf(await storeInvite(account));
    for (let time = 0; time < 3; time += 1) {
      expect(statusAndBody(await acceptInvite(guest, token))).toEqual(joinedResponse(account));
    }
    expect(statusAndBody(await acceptInvite(second, token))).toEqual(noInvite);
    expect(statusAndBody(await acceptInvite(owner, token))).toEqual(noInvite);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await auditRowsOf(account)).toHaveLength(1);
  });

  it("a member who left cannot return with a used secret", async () => {
    const { account } = await createAccountWithOwner();
    const guest = await createUser();
    const token = await invitationTokenOf(await storeInvite(account));
    await acceptInvite(guest, token);
    expect((await guest.delete(`/api/v1/account/${account.id}/user/${await userIdOf(guest)}`)).status).toBe(
      204,
    );
    expect(statusAndBody(await acceptInvite(guest, token))).toEqual(joinedResponse(account));
    expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
  });

  it("the answer has the account's current slug", async () => {
    const { owner, account } = await createAccountWithOwner();
    const token = await invitationTokenOf(await storeInvite(account));
    const slug = unique("renamed");
    await owner.patch(`/api/v1/account/${account.slug}`, { slug });
    expect(statusAndBody(await acceptInvite(await createUser(), token))).toEqual(
      joinedResponse({ ...account, slug }),
    );
  });
});

describe("accounts that cannot be joined", () => {
  it("a blocked account refuses to be joined, except by operators [R23]", async () => {
    const { account } = await createAccountWithOwner();
    const uuid = await storeInvite(account);
    const token = await invitationTokenOf(uuid);
    await setAccount(account, { blocking_state: "manager" });
    expect(statusAndBody(await acceptInvite(await createUser(), token))).toEqual(blocked);
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending" });
    const root = await createUser({ sub: unique("root"), email: "root@example.com" });
    expect(statusAndBody(await acceptInvite(root, token))).toEqual(joinedResponse(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
  });

  it("an account over its quota can be joined", async () => {
    const { account } = await createAccountWithOwner();
    await setAccount(account, { quota_until: Date.now() + 60_000 });
    const token = await invitationTokenOf(await storeInvite(account));
    expect(statusAndBody(await acceptInvite(await createUser(), token))).toEqual(joinedResponse(account));
  });

  it("a full account refuses to be joined, and the invitation stays pending [R23]", async () => {
    const { account } = await createAccountWithOwner();
    const uuid = await storeInvite(account);
    const token = await invitationTokenOf(uuid);
    const guest = await createUser();
    await setAccount(account, { max_users: 1 });
    for (const caller of [guest, await createOperator()]) {
      expect(statusAndBody(await acceptInvite(caller, token))).toEqual(noSeat);
    }
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending", accepted_by: null });
    expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
    expect(await auditRowsOf(account)).toEqual([]);
    await setAccount(account, { max_users: 2 });
    expect(statusAndBody(await acceptInvite(guest, token))).toEqual(joinedResponse(account));
  });

  it("an invitation holds a seat, so it can be accepted in a full account", async () => {
    const { owner, account } = await createAccountWithOwner();
    await setAccount(account, { max_users: 2 });
    const token = await invitationTokenOf(await storeInvite(account));
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
    expect(statusAndBody(await acceptInvite(await createUser(), token))).toEqual(joinedResponse(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(statusAndBody(await inviteToAccount(owner, account, { email: "next@example.com" }))).toEqual(
      noSeat,
    );
  });
});

describe("the role of an existing member", () => {
  it("an invitation can raise a member's role and never lowers it, without taking a seat", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const { caller: member, id } = await joinAccount(account);
    const invites = [
      await storeInvite(account, "AOWNER"),
      await storeInvite(account),
      await storeInvite(account),
    ];
    await setAccount(account, { max_users: 1 });
    const [high = "", low = "", another = ""] = await Promise.all(
      invites.map((uuid) => invitationTokenOf(uuid)),
    );
    expect(statusAndBody(await acceptInvite(member, another))).toEqual(joinedResponse(account));
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AOWNER", [id]: "AMEMBER" });
    expect(statusAndBody(await acceptInvite(member, high))).toEqual(joinedResponse(account));
    expect(statusAndBody(await acceptInvite(owner, low))).toEqual(joinedResponse(account));
    expect(await rolesIn(account)).toEqual({ [ownerId]: "AOWNER", [id]: "AOWNER" });
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect((await auditRowsOf(account)).map(({ changes }) => changes)).toEqual([
      {},
      { role: ["AMEMBER", "AOWNER"] },
      {},
    ]);
  });
});

describe("simultaneous requests", () => {
  it("fifty simultaneous acceptances by one user give one membership and the same answer [R21]", async () => {
    const { account } = await createAccountWithOwner();
    const guest = await createUser();
    await userIdOf(guest);
    const token = await invitationTokenOf(await storeInvite(account));
    const answers = await Promise.all(Array.from({ length: 50 }, () => acceptInvite(guest, token)));
    for (const answer of answers) expect(statusAndBody(answer)).toEqual(joinedResponse(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await auditRowsOf(account)).toHaveLength(1);
  });

  it("fifty users with one secret add one member", async () => {
    const { account } = await createAccountWithOwner();
    const guests: Caller[] = [];
    for (let made = 0; made < 50; made += 1) guests.push(await createUser());
    const token = await invitationTokenOf(await storeInvite(account));
    const answers = await Promise.all(guests.map((guest) => acceptInvite(guest, token)));
    expect(statusesOf(answers)).toEqual([200, ...Array(49).fill(404)]);
    for (const answer of answers) {
      expect(statusAndBody(answer)).toEqual(answer.status === 200 ? joinedResponse(account) : noInvite);
    }
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
  });

  it("three simultaneous acceptances by one user give one membership with the highest role", async () => {
    const { owner, account } = await createAccountWithOwner();
    await setAccount(account, { max_users: 4 });
    for (let round = 0; round < effort(3, 10); round += 1) {
      const guest = await createUser();
      const id = await userIdOf(guest);
      const invites = [
        await storeInvite(account),
        await storeInvite(account, "AOWNER"),
        await storeInvite(account),
      ];
      const tokens = await Promise.all(invites.map((uuid) => invitationTokenOf(uuid)));
      const answers = await Promise.all(tokens.map((token) => acceptInvite(guest, token)));
      for (const answer of answers) expect(statusAndBody(answer)).toEqual(joinedResponse(account));
      expect((await rolesIn(account))[id]).toBe("AOWNER");
      expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
      await owner.patch(membersPath(account), { delete: [id] });
    }
  });

  it("of simultaneous acceptance and revocation one succeeds", async () => {
    const { owner, account } = await createAccountWithOwner();
    for (let round = 0; round < effort(3, 10); round += 1) {
      const guest = await createUser();
      await userIdOf(guest);
      const email = await createInvite(owner, account);
      const { uuid } = await latestInvite(account, email);
      const [accepted, revoked] = await Promise.all([
        acceptInvite(guest, await invitationTokenOf(uuid)),
        owner.delete(invitePath(account, email)),
      ]);
      const state = (await storedInvite(uuid))?.["state"];
      expect([accepted.status, revoked.status, state]).toEqual(
        state === "accepted" ? [200, 404, "accepted"] : [404, 204, "revoked"],
      );
      expect((await guest.get("/api/v1/accounts")).body).toHaveLength(state === "accepted" ? 1 : 0);
      await owner.patch(membersPath(account), { delete: [await userIdOf(guest)] });
    }
  });

  it("accepting while the account is deleted leaves no membership [R23]", async () => {
    for (let round = 0; round < effort(2, 5); round += 1) {
      const owner = await createUser();
      const account = await createAccount(owner);
      const guest = await createUser();
      await userIdOf(guest);
      const token = await invitationTokenOf(await storeInvite(account));
      const [accepted, deleted] = await Promise.all([
        acceptInvite(guest, token),
        owner.delete(`/api/v1/account/${account.slug}`),
      ]);
      expect(deleted.status).toBe(204);
      expect([200, 404]).toContain(accepted.status);
      expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
    }
  });
});
