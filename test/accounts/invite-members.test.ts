/** Whom an invitation is refused to on either face, as they are members: by the address an issuer vouched for. */
import { describe, expect, it } from "vitest";

import { doorWhile } from "../between.ts";
import { doorWith } from "../http/door.ts";
import * as organizations from "../organizations/invitations.ts";
import { answered } from "../organizations/requests.ts";
import { makeColleague } from "../organizations/users.ts";
import {
  addMember,
  makeAccount,
  someone,
  unique,
  type Answer,
  type Caller,
  type MadeAccount,
} from "../world.ts";
import { invite, lastInvite, sentAgo } from "./invites.ts";
import { alreadyMember, bare, found, historyOf, join, seatsTaken } from "./members.ts";
import { read } from "./rows.ts";

const { anAddress, listOf } = organizations;
const path = "/api/v1/user";

/** How an address is invited on a face, and how the face says that it is a member's. */
interface Face {
  readonly face: string;
  readonly send: (caller: Caller, account: MadeAccount, email: string) => Promise<Answer>;
  readonly done: number;
  readonly refused: { readonly status: number; readonly body: unknown };
}

const faces: readonly Face[] = [
  {
    face: "accounts",
    send: (caller, account, email) => invite(caller, account, { email }),
    done: 200,
    refused: alreadyMember,
  },
  {
    face: "organizations",
    send: (caller, account, email) => caller.post(listOf(account), { invitee_identifier: email }),
    done: 201,
    refused: { status: 400, body: organizations.alreadyMember },
  },
];

/** Calls one's address otherwise than the issuer does; what it is called. */
async function rename(user: Caller): Promise<string> {
  const email = `${unique("renamed")}@example.org`;
  expect(bare(await user.patch(path, { email }))).toEqual({ status: 200, text: "null" });
  return email;
}

/** How many mails the account has asked for. */
async function mailsOf({ id }: MadeAccount): Promise<unknown> {
  return (await read("SELECT invites_sent FROM accounts WHERE uuid = ?", id))?.["invites_sent"];
}

describe.each(faces)("on the $face face, a member", ({ send, done, refused }) => {
  it("is known by the verified address, whatever they call theirs since", async () => {
    const { owner, account } = await found();
    const { caller: member } = await join(account);
    await rename(member);
    await rename(owner);
    for (const email of [member.email, member.email.toUpperCase(), owner.email]) {
      expect(answered(await send(owner, account, email))).toEqual(refused);
    }
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await historyOf(account)).toEqual([]);
    expect(await mailsOf(account)).toBe(0);
    await member.patch(path, { email: member.email });
    expect(answered(await send(owner, account, member.email))).toEqual(refused);
  });

  it("is not known by an address of their own choice", async () => {
    const { owner, account } = await found();
    const { caller: member } = await join(account);
    expect((await send(owner, account, await rename(member))).status).toBe(done);
    const victim = await someone();
    await member.patch(path, { email: victim.email });
    expect((await send(owner, account, victim.email)).status).toBe(done);
  });

  it("is known by the address vouched for last", async () => {
    const { owner, account } = await found();
    const { caller: member, id } = await join(account);
    const moved = await someone({ sub: `sub|${member.email}`, email: anAddress() });
    // Which address that is, is written down after the answer.
    expect((await moved.through(doorWith({})).get(path)).body).toMatchObject({ id, email: member.email });
    expect(answered(await send(owner, account, moved.email))).toEqual(refused);
    expect((await send(owner, account, member.email)).status).toBe(done);
  });

  it("who has never signed in is known by the address they were given", async () => {
    const { owner, account } = await found();
    const { email } = await makeColleague([account], { email: anAddress() });
    expect(answered(await send(owner, account, email))).toEqual(refused);
  });

  it("of another account is invited", async () => {
    const { owner, account } = await found();
    const other = await makeAccount(owner);
    const { caller: member } = await join(other);
    await rename(member);
    expect((await send(owner, account, member.email)).status).toBe(done);
    expect(answered(await send(owner, other, member.email))).toEqual(refused);
  });

  it("who becomes one and renames theirs while they are invited is not", async () => {
    const { owner, account } = await found();
    const guest = await someone();
    const door = doorWhile(async () => {
      await addMember(account, guest);
      await rename(guest);
    });
    expect(answered(await send(owner.through(door), account, guest.email))).toEqual(refused);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await mailsOf(account)).toBe(0);
  });

  it("who renames theirs while they are invited is not", async () => {
    const { owner, account } = await found();
    const { caller: member } = await join(account);
    const door = doorWhile(() => rename(member));
    expect(answered(await send(owner.through(door), account, member.email))).toEqual(refused);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
  });
});

it("an invitation is not renewed to who becomes a member and renames theirs meanwhile", async () => {
  const { owner, account } = await found();
  const guest = await someone();
  await invite(owner, account, { email: guest.email });
  await sentAgo(account, guest.email, 60_000);
  const before = await lastInvite(account, guest.email);
  const door = doorWhile(async () => {
    await addMember(account, guest);
    await rename(guest);
  });
  expect(answered(await invite(owner.through(door), account, { email: guest.email }))).toEqual(alreadyMember);
  expect(answered(await invite(owner, account, { email: guest.email }))).toEqual(alreadyMember);
  expect(await lastInvite(account, guest.email)).toEqual(before);
});
