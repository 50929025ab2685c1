import { describe, expect, it } from "vitest";

import {
  acceptInvite,
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
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { setInvite, storedInvite, storeInvite } from "../../support/invitations.ts";
import {
  auditRowsOf,
  blocked,
  createAccountWithOwner,
  joinAccount,
  noInvite,
  noSeat,
  rolesIn,
  seatsTaken,
  userIdOf,
  uuidError,
} from "../../support/members.ts";
const list = "/api/v1/user/invites";
const notYours = {
  status: 403,
  body: { detail: "This invite is for another address, or your address is not verified." },
};

function acceptOwn(caller: Caller, uuid: string) {
  return caller.post(`${list}/${uuid}/accept`);
}

/** Invites an address and returns the invitation's uuid. */
async function inviteCaller(
  owner: Caller,
  account: TestAccount,
  guest: Caller,
  role?: string,
): Promise<string> {
  expect((await inviteToAccount(owner, account, { email: guest.email, role })).status).toBe(200);
  return (await latestInvite(account, guest.email)).uuid;
}

/** Returns the ids in a caller's list. */
async function idsOf(caller: Caller): Promise<string[]> {
  const answer = await caller.get(list);
  expect(answer.status).toBe(200);
  return answer.body.map(({ id }: { id: string }) => id);
}

describe("received invitations", () => {
  it("the list has the invitations of all accounts, oldest first, with inviters", async () => {
    const guest = await createUser();
    const first = await createAccountWithOwner({ name: "Ada King Lovelace" });
    const second = await createAccountWithOwner({ name: "Grace" });
    const ids = [
      await inviteCaller(first.owner, first.account, guest, "AOWNER"),
      await inviteCaller(second.owner, second.account, guest),
    ];
    const stored = [
      await latestInvite(first.account, guest.email),
      await latestInvite(second.account, guest.email),
    ];
    expect(statusAndBody(await guest.get(list))).toEqual({
      status: 200,
      body: [
        {
          id: ids[0],
          account: { id: first.account.id, slug: first.account.slug, title: first.account.title },
          role: "AOWNER",
          invited_by: "Ada King Lovelace",
          expires: new Date(Number(stored[0]?.valid_until)).toISOString(),
        },
        {
          id: ids[1],
          account: { id: second.account.id, slug: second.account.slug, title: second.account.title },
          role: "AMEMBER",
          invited_by: "Grace",
          expires: new Date(Number(stored[1]?.valid_until)).toISOString(),
        },
      ],
    });
  });

  it("the address matches in any case and normal form", async () => {
    const word = `${unique("guest")}@example.com`;
    const guest = await createUser({ email: `Jos\u00e9.${word}` });
    const { owner, account } = await createAccountWithOwner();
    await inviteToAccount(owner, account, { email: `JOSE\u0301.${word.toUpperCase()}` });
    expect(await idsOf(guest)).toHaveLength(1);
  });

  it("invitations of other addresses are never listed", async () => {
    const { owner, account } = await createAccountWithOwner();
    await inviteCaller(owner, account, await createUser());
    for (const caller of [owner, await createUser(), await createOperator()]) {
      expect(statusAndBody(await caller.get(list))).toEqual({ status: 200, body: [] });
    }
  });

  it("an unverified address receives no invitations", async () => {
    const guest = await createUser();
    const { owner, account } = await createAccountWithOwner();
    await inviteCaller(owner, account, guest);
    const sub = unique("sub");
    for (const other of [
      await createUser({ sub, email: guest.email, email_verified: false }),
      await createUser({ sub, email: guest.email, email_verified: "yes" }),
      await createUser({ sub, email: guest.email, email_verified: undefined }),
      await createUser({ sub, email: undefined }),
      await createUser({ sub, email: guest.email }, { issuer: "https://other.test" }),
    ]) {
      expect(statusAndBody(await other.get(list))).toEqual({ status: 200, body: [] });
    }
    expect(await idsOf(guest)).toHaveLength(1);
  });

  it("the list has only pending invitations", async () => {
    const guest = await createUser();
    const { owner, account } = await createAccountWithOwner();
    const [expired, revoked, accepted, deleted] = [
      account,
      await createAccount(owner),
      await createAccount(owner),
      await createAccount(owner),
    ];
    const uuid = await inviteCaller(owner, expired, guest);
    await setInvite(uuid, { valid_until: Date.now() });
    await inviteCaller(owner, revoked, guest);
    await owner.delete(invitePath(revoked, guest.email));
    await acceptOwn(guest, await inviteCaller(owner, accepted, guest));
    await inviteCaller(owner, deleted, guest);
    await owner.delete(`/api/v1/account/${deleted.slug}`);
    expect(await idsOf(guest)).toEqual([]);
  });

  it("the inviter is null if that user was deleted", async () => {
    const { account } = await createAccountWithOwner();
    const { caller: inviter } = await joinAccount(account, "AMEMBER", { name: "Gone Soon" });
    const guest = await createUser();
    const id = await inviteCaller(inviter, account, guest);
    expect((await guest.get(list)).body).toMatchObject([{ id, invited_by: "Gone Soon" }]);
    expect((await inviter.delete("/api/v1/user")).status).toBe(204);
    expect((await guest.get(list)).body).toMatchObject([{ id, invited_by: null }]);
  });
});

describe("accepting a received invitation", () => {
  it("accepting makes a member, uses the invitation's seat and clears both lists", async () => {
    const { owner, account } = await createAccountWithOwner();
    await setAccount(account, { max_users: 2 });
    const guest = await createUser();
    const uuid = await inviteCaller(owner, account, guest, "AOWNER");
    expect(statusAndBody(await acceptOwn(guest, uuid.toUpperCase()))).toEqual(joinedResponse(account));
    expect(await rolesIn(account)).toHaveProperty(await userIdOf(guest), "AOWNER");
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await idsOf(guest)).toEqual([]);
    expect((await owner.get(`/api/v1/account/${account.id}/invites`)).body).toEqual([]);
    expect((await auditRowsOf(account)).at(-1)).toEqual({
      actor: await userIdOf(guest),
      action: "invite.accepted",
      target: `invite:${uuid}`,
      changes: { role: [null, "AOWNER"] },
    });
  });

  it("accepting again returns the same answer, by id and by secret", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    const uuid = await inviteCaller(owner, account, guest);
    const token = await invitationTokenOf(uuid);
    for (let time = 0; time < 2; time += 1) {
      expect(statusAndBody(await acceptOwn(guest, uuid))).toEqual(joinedResponse(account));
      expect(statusAndBody(await acceptInvite(guest, token))).toEqual(joinedResponse(account));
    }
    expect(statusAndBody(await acceptInvite(await createUser(), token))).toEqual(noInvite);
    expect(statusAndBody(await acceptOwn(owner, uuid))).toEqual(noInvite);
    expect(await auditRowsOf(account)).toHaveLength(2);
  });

  it("accepting by id needs the verified address", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    const uuid = await inviteCaller(owner, account, guest);
    for (const other of [
      owner,
      await createUser(),
      await createOperator(),
      await createUser({ sub: unique("sub"), email: guest.email, email_verified: false }),
      await createUser({ sub: unique("sub"), email: guest.email }, { issuer: "https://other.test" }),
      await createUser({ sub: unique("sub"), email: undefined }),
    ]) {
      expect(statusAndBody(await acceptOwn(other, uuid))).toEqual(notYours);
    }
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending" });
    expect(statusAndBody(await acceptOwn(guest, uuid))).toEqual(joinedResponse(account));
  });

  it("an expired, revoked or unknown invitation is 404", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    const expired = await inviteCaller(owner, account, guest);
    await setInvite(expired, { valid_until: Date.now() });
    const revoked = await inviteCaller(owner, account, guest);
    await owner.delete(invitePath(account, guest.email));
    for (const uuid of [expired, revoked, crypto.randomUUID()]) {
      expect(statusAndBody(await acceptOwn(guest, uuid))).toEqual(noInvite);
    }
    expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
  });

  it("a blocked or full account refuses the acceptance", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    const uuid = await inviteCaller(owner, account, guest);
    await setAccount(account, { blocking_state: "manager" });
    expect(statusAndBody(await acceptOwn(guest, uuid))).toEqual(blocked);
    await setAccount(account, { blocking_state: "unblocked", max_users: 1 });
    expect(statusAndBody(await acceptOwn(guest, uuid))).toEqual(noSeat);
    expect(await idsOf(guest)).toEqual([uuid]);
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
  });

  it("a malformed id is rejected", async () => {
    const reason = "invalid length: expected length 32 for simple format, found 1";
    const body = { detail: [{ ...uuidError("1", reason), loc: ["path", "id"] }] };
    expect(statusAndBody(await acceptOwn(await createUser(), "1"))).toEqual({ status: 422, body });
  });

  it("fifty simultaneous acceptances give one membership and the same answer", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    await userIdOf(guest);
    const uuid = await inviteCaller(owner, account, guest);
    const token = await invitationTokenOf(uuid);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        at % 2 === 0 ? acceptOwn(guest, uuid) : acceptInvite(guest, token),
      ),
    );
    for (const answer of answers) expect(statusAndBody(answer)).toEqual(joinedResponse(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await auditRowsOf(account)).toHaveLength(2);
  });

  it("with a personal access token the address verified last counts", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    const uuid = await inviteCaller(owner, account, guest);
    const made = await guest.post("/api/v1/user/pa_tokens", { description: "For joining" });
    expect(made.status).toBe(201);
    const bearer = { headers: { Authorization: `Bearer ${made.body.token}` } };
    expect((await guest.get(list, bearer)).body).toMatchObject([{ id: uuid }]);
    const other = await createUser({ sub: unique("sub"), email_verified: false });
    const theirs = await other.post("/api/v1/user/pa_tokens", { description: "For joining" });
    const unverified = { headers: { Authorization: `Bearer ${theirs.body.token}` } };
    const foreign = await storeInvite(account);
    expect((await other.get(list, unverified)).body).toEqual([]);
    expect(statusAndBody(await other.post(`${list}/${foreign}/accept`, undefined, unverified))).toEqual(
      notYours,
    );
    expect(statusAndBody(await guest.post(`${list}/${uuid}/accept`, undefined, bearer))).toEqual(
      joinedResponse(account),
    );
  });
});
