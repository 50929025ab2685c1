import { describe, expect, it } from "vitest";

import { inviteToAccount, latestInvite, moveSentAt } from "../../support/account-invites.ts";
import { queryRow } from "../../support/database.ts";
import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import * as organizations from "../../support/invitations.ts";
import {
  alreadyMember,
  auditRowsOf,
  createAccountWithOwner,
  joinAccount,
  seatsTaken,
  statusAndText,
} from "../../support/members.ts";
import { createColleague } from "../../support/organization-users.ts";
import { raceDuringWrite } from "../../support/race.ts";
import { workerWith } from "../../support/worker.ts";

const { uniqueEmail, invitationListPath } = organizations;
const path = "/api/v1/user";

/** How each API invites an address, and its error for a member's address. */
interface Api {
  readonly api: string;
  readonly send: (caller: Caller, account: TestAccount, email: string) => Promise<ApiResponse>;
  readonly done: number;
  readonly refused: { readonly status: number; readonly body: unknown };
}

const apis: readonly Api[] = [
  {
    api: "accounts",
    send: (caller, account, email) => inviteToAccount(caller, account, { email }),
    done: 200,
    refused: alreadyMember,
  },
  {
    api: "organizations",
    send: (caller, account, email) => caller.post(invitationListPath(account), { invitee_identifier: email }),
    done: 201,
    refused: { status: 400, body: organizations.alreadyMember },
  },
];

/** Changes a user's own address to another one and returns it. */
async function rename(user: Caller): Promise<string> {
  const email = `${unique("renamed")}@example.org`;
  expect(statusAndText(await user.patch(path, { email }))).toEqual({ status: 200, text: "null" });
  return email;
}

/** Counts the mails that the account requested. */
async function mailsOf({ id }: TestAccount): Promise<unknown> {
  return (await queryRow("SELECT invites_sent FROM accounts WHERE uuid = ?", id))?.["invites_sent"];
}

describe.each(apis)("inviting members on the $api API", ({ send, done, refused }) => {
  it("a member is recognised by the verified address, whatever they call theirs since", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: member } = await joinAccount(account);
    await rename(member);
    await rename(owner);
    for (const email of [member.email, member.email.toUpperCase(), owner.email]) {
      expect(statusAndBody(await send(owner, account, email))).toEqual(refused);
    }
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await auditRowsOf(account)).toEqual([]);
    expect(await mailsOf(account)).toBe(0);
    await member.patch(path, { email: member.email });
    expect(statusAndBody(await send(owner, account, member.email))).toEqual(refused);
  });

  it("a member is not recognised by an address of their own choice", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: member } = await joinAccount(account);
    expect((await send(owner, account, await rename(member))).status).toBe(done);
    const victim = await createUser();
    await member.patch(path, { email: victim.email });
    expect((await send(owner, account, victim.email)).status).toBe(done);
  });

  it("a member is recognised by the address verified last", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: member, id } = await joinAccount(account);
    const moved = await createUser({ sub: `sub|${member.email}`, email: uniqueEmail() });
    // The verified address is stored after the response.
    expect((await moved.via(workerWith({})).get(path)).body).toMatchObject({ id, email: member.email });
    expect(statusAndBody(await send(owner, account, moved.email))).toEqual(refused);
    expect((await send(owner, account, member.email)).status).toBe(done);
  });

  it("a member who never signed in is recognised by the given address", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { email } = await createColleague([account], { email: uniqueEmail() });
    expect(statusAndBody(await send(owner, account, email))).toEqual(refused);
  });

  it("a member of another account can be invited", async () => {
    const { owner, account } = await createAccountWithOwner();
    const other = await createAccount(owner);
    const { caller: member } = await joinAccount(other);
    await rename(member);
    expect((await send(owner, account, member.email)).status).toBe(done);
    expect(statusAndBody(await send(owner, other, member.email))).toEqual(refused);
  });

  it("a user who joins and changes their address during the invitation is not invited", async () => {
    const { owner, account } = await createAccountWithOwner();
    const guest = await createUser();
    const worker = raceDuringWrite(async () => {
      await addMember(account, guest);
      await rename(guest);
    });
    expect(statusAndBody(await send(owner.via(worker), account, guest.email))).toEqual(refused);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    expect(await mailsOf(account)).toBe(0);
  });

  it("a member who changes their address during the invitation is not invited", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: member } = await joinAccount(account);
    const worker = raceDuringWrite(() => rename(member));
    expect(statusAndBody(await send(owner.via(worker), account, member.email))).toEqual(refused);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
  });
});

it("an invitation is not renewed for a user who joins and changes their address meanwhile", async () => {
  const { owner, account } = await createAccountWithOwner();
  const guest = await createUser();
  await inviteToAccount(owner, account, { email: guest.email });
  await moveSentAt(account, guest.email, 60_000);
  const before = await latestInvite(account, guest.email);
  const worker = raceDuringWrite(async () => {
    await addMember(account, guest);
    await rename(guest);
  });
  expect(statusAndBody(await inviteToAccount(owner.via(worker), account, { email: guest.email }))).toEqual(
    alreadyMember,
  );
  expect(statusAndBody(await inviteToAccount(owner, account, { email: guest.email }))).toEqual(alreadyMember);
  expect(await latestInvite(account, guest.email)).toEqual(before);
});
