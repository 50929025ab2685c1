import { describe, expect, it } from "vitest";

import { invitationTokenOf } from "../../support/account-invites.ts";
import { execute, setAccount } from "../../support/database.ts";
import { type Caller, createUser, type TestAccount } from "../../support/fixtures.ts";
import { storeInvite, uniqueEmail } from "../../support/invitations.ts";
import {
  auditRowsOf,
  createAccountWithOwner,
  joinAccount,
  membersPath,
  noContent,
  rolesIn,
  seatsTaken,
  statusAndText,
  statusesOf,
  userIdOf,
} from "../../support/members.ts";
import { effort } from "../../support/effort.ts";
import { createColleague } from "../../support/organization-users.ts";

const rounds = effort(5, 50);

/** Makes both users owners again. */
async function reinstate(account: TestAccount, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await execute(
      "INSERT INTO memberships (account_id, user_id, role, created_at) SELECT a.id, u.id, 'AOWNER', 0 FROM accounts a, users u WHERE a.uuid = ?1 AND u.uuid = ?2 AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.account_id = a.id AND m.user_id = u.id)",
      account.id,
      id,
    );
    await execute(
      "UPDATE memberships SET role = 'AOWNER' WHERE account_id = (SELECT id FROM accounts WHERE uuid = ?) AND user_id = (SELECT id FROM users WHERE uuid = ?)",
      account.id,
      id,
    );
  }
}

describe("two owners acting against each other [R12]", () => {
  it.each<{
    name: string;
    against: (caller: Caller, account: TestAccount, other: string) => ReturnType<Caller["patch"]>;
  }>([
    {
      name: "demoting",
      against: (caller, account, id) =>
        caller.patch(membersPath(account), { add: [{ id, role: "AMEMBER" }] }),
    },
    {
      name: "deleting",
      against: (caller, account, id) => caller.patch(membersPath(account), { delete: [id] }),
    },
    {
      name: "removing",
      against: (caller, account, id) => caller.delete(`/api/v1/account/${account.slug}/user/${id}`),
    },
  ])("one owner is left every time: $name", async ({ against }) => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const second = await joinAccount(account, "AOWNER");
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all([
        against(owner, account, second.id),
        against(second.caller, account, ownerId),
      ]);
      const statuses = statusesOf(answers);
      expect(statuses[0]).toBe(204);
      expect([403, 409]).toContain(statuses[1]);
      const owners = Object.values(await rolesIn(account)).filter((role) => role === "AOWNER");
      expect(owners).toHaveLength(1);
      await reinstate(account, [ownerId, second.id]);
    }
    expect(await auditRowsOf(account)).toHaveLength(rounds);
  });

  it("both leaving: one owner is left every time [R12]", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const second = await joinAccount(account, "AOWNER");
    const leave = (caller: Caller, id: string) => caller.delete(`/api/v1/account/${account.slug}/user/${id}`);
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all([leave(owner, ownerId), leave(second.caller, second.id)]);
      expect(statusesOf(answers)).toEqual([204, 409]);
      expect(Object.values(await rolesIn(account))).toEqual(["AOWNER"]);
      await reinstate(account, [ownerId, second.id]);
    }
  });
});

it("simultaneous requests never take more seats than there are [R28]", async () => {
  const { owner, account } = await createAccountWithOwner();
  const guests: Caller[] = [];
  for (let made = 0; made < 3; made += 1) {
    const guest = await createUser();
    await userIdOf(guest);
    guests.push(guest);
  }
  const guestIds = await Promise.all(guests.map(userIdOf));
  for (let round = 0; round < effort(3, 8); round += 1) {
    const most = 6 + (round % 3);
    await setAccount(account, { max_users: most });
    const invites = [await storeInvite(account), await storeInvite(account), await storeInvite(account)];
    const secrets = await Promise.all(invites.map((uuid) => invitationTokenOf(uuid)));
    const users = [];
    for (let made = 0; made < 4; made += 1) users.push((await createColleague([])).uuid);
    const accepted = guests.map((guest, at) => guest.post("/api/v1/invites/accept", { token: secrets[at] }));
    const added = users.map((id) => owner.patch(membersPath(account), { add: [{ id, role: "AMEMBER" }] }));
    const invited = users.map((_, at) =>
      at % 2 === 0
        ? owner.post(`/api/v1/account/${account.slug}/invite`, { email: uniqueEmail() })
        : owner.post(`/accounts/invite/?organization=${account.id}`, { invitee_identifier: uniqueEmail() }),
    );
    const joined = await Promise.all(accepted);
    const others = (await Promise.all([...added, ...invited])).map(({ status }) => status);
    // An invitation keeps its seat.
    expect(joined.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(others.filter((status) => ![200, 201, 204, 400, 409].includes(status))).toEqual([]);
    expect(others.filter((status) => status < 300)).toHaveLength(most - 4);
    const { members, pending } = await seatsTaken(account);
    expect(members + pending).toBe(most);
    await execute(
      "UPDATE invites SET state = 'revoked' WHERE account_id = (SELECT id FROM accounts WHERE uuid = ?)",
      account.id,
    );
    const cleared = await owner.patch(membersPath(account), { delete: [...users, ...guestIds] });
    expect(statusAndText(cleared)).toEqual(noContent);
  }
});

it("ten simultaneous additions of one user add them once", async () => {
  const { owner, account } = await createAccountWithOwner();
  const { uuid: id } = await createColleague([]);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => owner.patch(membersPath(account), { add: [{ id, role: "AMEMBER" }] })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(204));
  expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
  expect(await auditRowsOf(account)).toHaveLength(1);
});
