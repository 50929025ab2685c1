/** The invitations sent to one's own address, seen and accepted without their secret. */
import { describe, expect, it } from "vitest";

import { setInvite, storedInvite, storeInvite } from "../organizations/invitations.ts";
import { answered } from "../organizations/requests.ts";
import { makeAccount, operator, someone, unique, type Caller, type MadeAccount } from "../world.ts";
import { accept, invite, inviteOf, inviteSecret, joined, lastInvite } from "./invites.ts";
import {
  blocked,
  found,
  historyOf,
  idOf,
  join,
  noInvite,
  noSeat,
  rolesIn,
  seatsTaken,
  uuidFault,
} from "./members.ts";
import { setAccount } from "./rows.ts";

const list = "/api/v1/user/invites";
const notYours = {
  status: 403,
  body: { detail: "This invite is for another address, or yours is not verified" },
};

function acceptOwn(caller: Caller, uuid: string) {
  return caller.post(`${list}/${uuid}/accept`);
}

/** Invites somebody by their address; the invitation's uuid. */
async function inviteCaller(
  owner: Caller,
  account: MadeAccount,
  guest: Caller,
  role?: string,
): Promise<string> {
  expect((await invite(owner, account, { email: guest.email, role })).status).toBe(200);
  return (await lastInvite(account, guest.email)).uuid;
}

/** The ids a caller's list has. */
async function idsOf(caller: Caller): Promise<string[]> {
  const answer = await caller.get(list);
  expect(answer.status).toBe(200);
  return answer.body.map(({ id }: { id: string }) => id);
}

describe("my invites", () => {
  it("are those of every account, the oldest first, with who invited", async () => {
    const guest = await someone();
    const first = await found({ name: "Ada King Lovelace" });
    const second = await found({ name: "Grace" });
    const ids = [
      await inviteCaller(first.owner, first.account, guest, "AOWNER"),
      await inviteCaller(second.owner, second.account, guest),
    ];
    const stored = [
      await lastInvite(first.account, guest.email),
      await lastInvite(second.account, guest.email),
    ];
    expect(answered(await guest.get(list))).toEqual({
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

  it("are found whatever the case of the address and its normal form", async () => {
    const word = `${unique("guest")}@example.com`;
    const guest = await someone({ email: `Jos\u00e9.${word}` });
    const { owner, account } = await found();
    await invite(owner, account, { email: `JOSE\u0301.${word.toUpperCase()}` });
    expect(await idsOf(guest)).toHaveLength(1);
  });

  it("are nobody else's", async () => {
    const { owner, account } = await found();
    await inviteCaller(owner, account, await someone());
    for (const caller of [owner, await someone(), await operator()]) {
      expect(answered(await caller.get(list))).toEqual({ status: 200, body: [] });
    }
  });

  it("are none where nobody vouches for the address", async () => {
    const guest = await someone();
    const { owner, account } = await found();
    await inviteCaller(owner, account, guest);
    const sub = unique("sub");
    for (const other of [
      await someone({ sub, email: guest.email, email_verified: false }),
      await someone({ sub, email: guest.email, email_verified: "true" }),
      await someone({ sub, email: guest.email, email_verified: undefined }),
      await someone({ sub, email: undefined }),
      await someone({ sub, email: guest.email }, { issuer: "https://other.test" }),
    ]) {
      expect(answered(await other.get(list))).toEqual({ status: 200, body: [] });
    }
    expect(await idsOf(guest)).toHaveLength(1);
  });

  it("are pending ones only", async () => {
    const guest = await someone();
    const { owner, account } = await found();
    const [expired, revoked, accepted, deleted] = [
      account,
      await makeAccount(owner),
      await makeAccount(owner),
      await makeAccount(owner),
    ];
    const uuid = await inviteCaller(owner, expired, guest);
    await setInvite(uuid, { valid_until: Date.now() });
    await inviteCaller(owner, revoked, guest);
    await owner.delete(inviteOf(revoked, guest.email));
    await acceptOwn(guest, await inviteCaller(owner, accepted, guest));
    await inviteCaller(owner, deleted, guest);
    await owner.delete(`/api/v1/account/${deleted.slug}`);
    expect(await idsOf(guest)).toEqual([]);
  });

  it("are by nobody when who invited is gone", async () => {
    const { account } = await found();
    const { caller: inviter } = await join(account, "AMEMBER", { name: "Gone Soon" });
    const guest = await someone();
    const id = await inviteCaller(inviter, account, guest);
    expect((await guest.get(list)).body).toMatchObject([{ id, invited_by: "Gone Soon" }]);
    expect((await inviter.delete("/api/v1/user")).status).toBe(204);
    expect((await guest.get(list)).body).toMatchObject([{ id, invited_by: null }]);
  });
});

describe("accepting one of them", () => {
  it("makes a member, takes the seat of the invite and leaves both lists", async () => {
    const { owner, account } = await found();
    await setAccount(account, { max_users: 2 });
    const guest = await someone();
    const uuid = await inviteCaller(owner, account, guest, "AOWNER");
    expect(answered(await acceptOwn(guest, uuid.toUpperCase()))).toEqual(joined(account));
    expect(await rolesIn(account)).toHaveProperty(await idOf(guest), "AOWNER");
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await idsOf(guest)).toEqual([]);
    expect((await owner.get(`/api/v1/account/${account.id}/invites`)).body).toEqual([]);
    expect((await historyOf(account)).at(-1)).toEqual({
      actor: await idOf(guest),
      action: "invite.accepted",
      target: `invite:${uuid}`,
      changes: { role: [null, "AOWNER"] },
    });
  });

  it("is answered the same again, by id and by secret", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    const uuid = await inviteCaller(owner, account, guest);
    const token = await inviteSecret(uuid);
    for (let time = 0; time < 2; time += 1) {
      expect(answered(await acceptOwn(guest, uuid))).toEqual(joined(account));
      expect(answered(await accept(guest, token))).toEqual(joined(account));
    }
    expect(answered(await accept(await someone(), token))).toEqual(noInvite);
    expect(answered(await acceptOwn(owner, uuid))).toEqual(noInvite);
    expect(await historyOf(account)).toHaveLength(2);
  });

  it("is for who has the address verified: its secret would do for anybody", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    const uuid = await inviteCaller(owner, account, guest);
    for (const other of [
      owner,
      await someone(),
      await operator(),
      await someone({ sub: unique("sub"), email: guest.email, email_verified: false }),
      await someone({ sub: unique("sub"), email: guest.email }, { issuer: "https://other.test" }),
      await someone({ sub: unique("sub"), email: undefined }),
    ]) {
      expect(answered(await acceptOwn(other, uuid))).toEqual(notYours);
    }
    expect(await storedInvite(uuid)).toMatchObject({ state: "pending" });
    expect(answered(await acceptOwn(guest, uuid))).toEqual(joined(account));
  });

  it("is not found once it has expired, was revoked or never was", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    const expired = await inviteCaller(owner, account, guest);
    await setInvite(expired, { valid_until: Date.now() });
    const revoked = await inviteCaller(owner, account, guest);
    await owner.delete(inviteOf(account, guest.email));
    for (const uuid of [expired, revoked, crypto.randomUUID()]) {
      expect(answered(await acceptOwn(guest, uuid))).toEqual(noInvite);
    }
    expect((await guest.get("/api/v1/accounts")).body).toEqual([]);
  });

  it("is refused by a blocked account and by a full one", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    const uuid = await inviteCaller(owner, account, guest);
    await setAccount(account, { blocking_state: "manager" });
    expect(answered(await acceptOwn(guest, uuid))).toEqual(blocked);
    await setAccount(account, { blocking_state: "unblocked", max_users: 1 });
    expect(answered(await acceptOwn(guest, uuid))).toEqual(noSeat);
    expect(await idsOf(guest)).toEqual([uuid]);
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
  });

  it("needs an id", async () => {
    const reason = "invalid length: expected length 32 for simple format, found 1";
    const body = { detail: [{ ...uuidFault("1", reason), loc: ["path", "id"] }] };
    expect(answered(await acceptOwn(await someone(), "1"))).toEqual({ status: 422, body });
  });

  it("fifty times at once is one membership, and all the same answer", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    await idOf(guest);
    const uuid = await inviteCaller(owner, account, guest);
    const token = await inviteSecret(uuid);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? acceptOwn(guest, uuid) : accept(guest, token))),
    );
    for (const answer of answers) expect(answered(answer)).toEqual(joined(account));
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await historyOf(account)).toHaveLength(2);
  });

  it("by a token of ours goes by the address its user was last seen with", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    const uuid = await inviteCaller(owner, account, guest);
    const made = await guest.post("/api/v1/user/pa_tokens", { description: "For joining" });
    expect(made.status).toBe(201);
    const bearer = { headers: { Authorization: `Bearer ${made.body.token}` } };
    expect((await guest.get(list, bearer)).body).toMatchObject([{ id: uuid }]);
    const other = await someone({ sub: unique("sub"), email_verified: false });
    const theirs = await other.post("/api/v1/user/pa_tokens", { description: "For joining" });
    const unverified = { headers: { Authorization: `Bearer ${theirs.body.token}` } };
    const foreign = await storeInvite(account);
    expect((await other.get(list, unverified)).body).toEqual([]);
    expect(answered(await other.post(`${list}/${foreign}/accept`, undefined, unverified))).toEqual(notYours);
    expect(answered(await guest.post(`${list}/${uuid}/accept`, undefined, bearer))).toEqual(joined(account));
  });
});
