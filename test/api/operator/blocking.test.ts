/** Requests that a blocked account answers and rejects, in both APIs. */
import { describe, expect, it } from "vitest";

import { runStatements, setAccount } from "../../support/database.ts";
import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import { invitationToken, storeInvite } from "../../support/invitations.ts";
import { accountPath, getBody, newAccountBody, setUp, userRefOf } from "../../support/operator.ts";
import { createColleague } from "../../support/organization-users.ts";

const states = ["manager", "trial_expired", "budget", "subscription_canceled", "subscription_unpaid"];

type Started = Awaited<ReturnType<typeof setUp>>;
interface Write {
  readonly name: string;
  readonly send: (as?: Caller) => Promise<ApiResponse>;
  /** The status if the write is allowed. */
  readonly status: number;
}

/** Returns all writes on an account, sent by its owner or an invited user unless `as` is given. */
async function writes({ owner, account, own }: Started) {
  const member = await createUser();
  await addMember(account, member);
  const [invitee, newcomer] = [await createUser(), await userRefOf(await createUser())];
  await userRefOf(invitee);
  const theirs = await userRefOf(member);
  const [accepted, acceptedById, listed, resent, revoked] = [
    await invitationToken(await storeInvite(account)),
    await storeInvite(account, "AMEMBER", invitee.email),
    "listed@example.com",
    await storeInvite(account),
    await storeInvite(account),
  ];
  await storeInvite(account, "AMEMBER", listed);
  const [edited, deleted] = [await createColleague([account]), await createColleague([account])];
  const organization = `/accounts/organizations/${account.id}/`;
  const query = `?organization=${account.id}`;
  const accounts: Write[] = [
    { name: "changing the account", send: (as = owner) => as.patch(own, { title: "No" }), status: 200 },
    { name: "changing nothing", send: (as = owner) => as.patch(own, {}), status: 200 },
    {
      name: "adding a member",
      send: (as = owner) => as.patch(`${own}/users`, { add: [{ ...newcomer, role: "AMEMBER" }] }),
      status: 204,
    },
    { name: "removing a member", send: (as = owner) => as.delete(`${own}/user/${theirs.id}`), status: 204 },
    {
      name: "inviting",
      send: (as = owner) => as.post(`${own}/invite`, { email: `${unique()}@example.com` }),
      status: 200,
    },
    {
      name: "revoking an invitation",
      send: (as = owner) => as.delete(`/api/v1/account/${account.id}/invite/${listed}`),
      status: 204,
    },
    {
      name: "accepting",
      send: (as = invitee) => as.post("/api/v1/invites/accept", { token: accepted }),
      status: 200,
    },
  ];
  const ownInvite: Write = {
    name: "accepting a received invitation",
    send: () => invitee.post(`/api/v1/user/invites/${acceptedById}/accept`),
    status: 200,
  };
  const organizations: Write[] = [
    {
      name: "replacing the organization",
      send: (as = owner) => as.put(organization, { name: "No", slug: account.slug }),
      status: 200,
    },
    {
      name: "changing the organization",
      send: (as = owner) => as.patch(organization, { name: "No" }),
      status: 200,
    },
    {
      name: "creating a user",
      send: (as = owner) => as.post(`/accounts/users/${query}`, { first_name: "No" }),
      status: 201,
    },
    {
      name: "editing a user",
      send: (as = owner) => as.patch(`/accounts/users/${edited.uuid}/`, { first_name: "No" }),
      status: 200,
    },
    {
      name: "deleting a user",
      send: (as = owner) => as.delete(`/accounts/users/${deleted.uuid}/`),
      status: 204,
    },
    {
      name: "inviting",
      send: (as = owner) =>
        as.post(`/accounts/invite/${query}`, { invitee_identifier: `${unique()}@example.com` }),
      status: 201,
    },
    { name: "resending", send: (as = owner) => as.post(`/accounts/invite/${resent}/`), status: 200 },
    { name: "revoking", send: (as = owner) => as.delete(`/accounts/invite/${revoked}/`), status: 204 },
  ];
  const reads = [
    own,
    `${own}/users`,
    `${own}/users/search?query=a`,
    `${own}/user/${theirs.id}`,
    `${own}/zones`,
    `${own}/permissions?account_id=${account.id}`,
    `/api/v1/account/${account.id}/invites`,
    `${own}/audit`,
    organization,
    `/accounts/analysts/${query}`,
    `/accounts/invite/${query}`,
    `/accounts/invite/${resent}/`,
    `/accounts/users/${edited.uuid}/`,
    "/accounts/users/",
    "/accounts/portal/",
    "/api/v1/accounts",
  ];
  return { accounts, ownInvite, organizations, reads, invitee };
}

/** Returns all rows of an account. */
function rowsOf({ account }: Started): Promise<unknown> {
  return runStatements(
    ["SELECT * FROM accounts WHERE uuid = ?", account.id],
    [
      "SELECT memberships.* FROM memberships JOIN accounts ON accounts.id = account_id WHERE uuid = ?",
      account.id,
    ],
    [
      "SELECT invites.* FROM invites JOIN accounts ON accounts.id = account_id WHERE accounts.uuid = ?",
      account.id,
    ],
    ["SELECT id, first_name FROM users ORDER BY id"],
  );
}

describe("a blocked account", () => {
  it.each(states)(
    "an account blocked as %s answers reads and rejects every write with the reason",
    async (blocking_state) => {
      const started = await setUp();
      const { owner, root, account, block } = started;
      const { accounts, ownInvite, organizations, reads } = await writes(started);
      const before = await getBody(root, accountPath(account));
      expect(statusAndBody(await root.patch(block, { blocking_state }))).toEqual({
        status: 200,
        body: { ...before, blocking_state },
      });
      const rows = await rowsOf(started);
      for (const read of reads) await getBody(owner, read);
      expect(await getBody(owner, started.own)).toMatchObject({ blocking_state });
      const inAccounts = { status: 403, body: { detail: `This account is blocked: ${blocking_state}` } };
      for (const { name, send } of [...accounts, ownInvite])
        expect([name, statusAndBody(await send())]).toEqual([name, inAccounts]);
      const inOrganizations = {
        status: 403,
        body: { detail: `This organization is blocked: ${blocking_state}.` },
      };
      for (const { name, send } of organizations)
        expect([name, statusAndBody(await send())]).toEqual([name, inOrganizations]);
      expect(await rowsOf(started)).toEqual(rows);
    },
  );

  it("the operator may do everything in a blocked account", async () => {
    const started = await setUp();
    const { root, block } = started;
    const { accounts, organizations, reads } = await writes(started);
    await root.patch(block, { blocking_state: "manager" });
    for (const read of reads) await getBody(root, read);
    for (const { name, send, status } of [...organizations, ...accounts])
      expect([name, (await send(root)).status]).toEqual([name, status]);
  });

  it("a blocked account rejects writes until it is unblocked", async () => {
    const started = await setUp();
    const { root, block } = started;
    const { accounts, ownInvite, organizations } = await writes(started);
    await root.patch(block, { blocking_state: "budget" });
    expect((await started.owner.patch(started.own, { title: "No" })).status).toBe(403);
    expect((await root.patch(block, { blocking_state: "unblocked" })).body.blocking_state).toBe("unblocked");
    for (const { name, send, status } of [...organizations, ...accounts, ownInvite])
      expect([name, (await send()).status]).toEqual([name, status]);
  });

  it.each(states)(
    "members may leave an account blocked as %s, and owners may delete it through both APIs",
    async (blocking_state) => {
      const first = await setUp();
      const [member, second] = [await createUser(), await createUser()];
      await addMember(first.account, member);
      await addMember(first.account, second, "AOWNER");
      await first.root.patch(first.block, { blocking_state });
      const leave = async (user: Caller) => user.delete(`${first.own}/user/${(await userRefOf(user)).id}`);
      expect((await leave(member)).status).toBe(204);
      expect((await second.delete("/api/v1/user")).status).toBe(204);
      expect((await leave(first.owner)).status).toBe(409);
      expect((await first.owner.delete(first.own)).status).toBe(204);
      const other = await setUp();
      await other.root.patch(other.block, { blocking_state });
      expect((await other.owner.delete(`/accounts/organizations/${other.account.id}/`)).status).toBe(204);
    },
  );

  it("a block affects only its account", async () => {
    const { owner, root, block } = await setUp();
    const other = await createAccount(owner);
    await root.patch(block, { blocking_state: "manager" });
    expect((await owner.patch(`/api/v1/account/${other.id}`, { title: "Yes" })).status).toBe(200);
    expect((await owner.patch("/api/v1/user", { name: "Ada" })).status).toBe(200);
    expect(await getBody(root, accountPath(other))).toEqual({ ...newAccountBody(other), title: "Yes" });
  });

  it("a usage quota alone blocks nothing", async () => {
    const started = await setUp();
    const { owner, root, account, block } = started;
    await setAccount(account, { quota_until: Date.now() + 600_000 });
    const { accounts, ownInvite, organizations } = await writes(started);
    for (const { name, send, status } of [...organizations, ...accounts, ownInvite])
      expect([name, (await send()).status]).toEqual([name, status]);
    const quota = { blocking_state: "quota" };
    expect(await getBody(root, accountPath(account))).toMatchObject(quota);
    expect(await getBody(owner, started.own)).toMatchObject(quota);
    expect((await root.patch(block, { blocking_state: "unblocked" })).body).toMatchObject(quota);
    expect((await root.patch(block, { blocking_state: "manager" })).body).toMatchObject({
      blocking_state: "manager",
    });
    await root.patch(block, { blocking_state: "unblocked" });
    await setAccount(account, { quota_until: Date.now() - 1 });
    expect(await getBody(root, accountPath(account))).toMatchObject({ blocking_state: "unblocked" });
  });
});
