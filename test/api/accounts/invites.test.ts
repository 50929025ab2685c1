import { describe, expect, it } from "vitest";

import { masked } from "../../../src/services/audit.ts";
import {
  createInvite,
  invitedResponse,
  invitePath,
  invitesPath,
  inviteToAccount,
  latestInvite,
  moveSentAt,
} from "../../support/account-invites.ts";
import { setAccount } from "../../support/database.ts";
import {
  addToGroup,
  createAccount,
  createOperator,
  createUser,
  statusAndBody,
} from "../../support/fixtures.ts";
import { listInvitations, setInvite, storeInvite, uniqueEmail, week } from "../../support/invitations.ts";
import {
  alreadyMember,
  auditRowsOf,
  blocked,
  createAccountWithOwner,
  missingRole,
  noAccess,
  noContent,
  noSeat,
  roleError,
  seatsTaken,
  statusAndText,
  userIdOf,
  uuidError,
} from "../../support/members.ts";
import { createAccountWithMember } from "../../support/organizations.ts";
import { missingField, notString } from "../../support/pydantic-errors.ts";

describe("the list of invites", () => {
  it("owners and members see address, role and expiry of each invitation in creation order", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const emails = [await createInvite(owner, account, "AOWNER"), await createInvite(member, account)];
    const shown = [];
    for (const email of emails) {
      const { role, sent_at, valid_until } = await latestInvite(account, email);
      expect(valid_until - sent_at).toBe(week);
      shown.push({ email, role, expires: new Date(valid_until).toISOString() });
    }
    for (const caller of [owner, member, await createOperator()]) {
      expect(statusAndBody(await caller.get(invitesPath(account)))).toEqual({ status: 200, body: shown });
    }
    const spelled = await owner.get(`/api/v1/account/${account.id.toUpperCase()}/invites`);
    expect(spelled.body).toEqual(shown);
  });

  it("an address is returned as it was written", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = `Ada+Test/${uniqueEmail()}`.toUpperCase();
    await inviteToAccount(owner, account, { email });
    expect((await owner.get(invitesPath(account))).body).toMatchObject([{ email }]);
  });

  it("the list has only pending invitations", async () => {
    const { owner, account } = await createAccountWithOwner();
    const [expired, revoked] = [await storeInvite(account), await storeInvite(account)];
    await setInvite(expired, { valid_until: Date.now() - 1 });
    expect((await owner.delete(`/accounts/invite/${revoked}/`)).status).toBe(204);
    const guest = await createUser();
    await inviteToAccount(owner, account, { email: guest.email });
    const { uuid } = await latestInvite(account, guest.email);
    expect((await guest.post(`/api/v1/user/invites/${uuid}/accept`)).status).toBe(200);
    expect(statusAndBody(await owner.get(invitesPath(account)))).toEqual({ status: 200, body: [] });
  });

  it("the list never has another account's invitations, and outsiders get 403", async () => {
    const { owner, account } = await createAccountWithOwner();
    const other = await createAccountWithOwner();
    await storeInvite(other.account);
    expect((await owner.get(invitesPath(account))).body).toEqual([]);
    expect(statusAndBody(await owner.get(invitesPath(other.account)))).toEqual(noAccess);
    expect(statusAndBody(await owner.get(invitesPath({ ...account, id: crypto.randomUUID() })))).toEqual(
      noAccess,
    );
    const support = await createUser();
    await addToGroup(support, 3);
    expect((await support.get(invitesPath(other.account))).body).toHaveLength(1);
    const missing = await support.get(invitesPath({ ...account, id: crypto.randomUUID() }));
    expect(statusAndBody(missing)).toEqual({ status: 404, body: { detail: "Account not found" } });
  });

  it("the list takes the account's id and no slug", async () => {
    const { owner, account } = await createAccountWithOwner();
    const slug = await owner.get(`/api/v1/account/${account.slug}/invites`);
    expect([slug.status, slug.body.detail[0].type]).toEqual([422, "uuid_parsing"]);
    const reason = "invalid length: expected length 32 for simple format, found 2";
    const body = { detail: [{ ...uuidError("ab", reason), loc: ["path", "account_id"] }] };
    for (const caller of [owner, await createUser()]) {
      expect(statusAndBody(await caller.get("/api/v1/account/ab/invites"))).toEqual({ status: 422, body });
    }
  });

  it("the list has the same invitations as the organizations API", async () => {
    const { owner, account } = await createAccountWithOwner();
    const here = await createInvite(owner, account);
    const there = uniqueEmail();
    const path = `/accounts/invite/?organization=${account.id}`;
    expect((await owner.post(path, { invitee_identifier: there })).status).toBe(201);
    expect(await listInvitations(owner, account)).toEqual([here, there]);
    const both = (await owner.get(invitesPath(account))).body;
    expect(both.map(({ email }: { email: string }) => email)).toEqual([here, there]);
    const [shown] = (await owner.get(path)).body.results;
    expect(both[0]).toEqual({ email: here, role: shown.role, expires: shown.valid_until });
    expect((await owner.delete(invitePath(account, there))).status).toBe(204);
    expect((await owner.delete(`/accounts/invite/${shown.uuid}/`)).status).toBe(204);
    expect((await owner.get(invitesPath(account))).body).toEqual([]);
    expect(await listInvitations(owner, account)).toEqual([]);
  });
});

describe("inviting", () => {
  it("the default role is AMEMBER, and unknown keys set nothing", async () => {
    const { owner, ownerId, account } = await createAccountWithOwner();
    const email = uniqueEmail();
    const more = {
      came_from: "https://evil.example",
      uuid: "x",
      state: "accepted",
      version: 9,
      invited_by: 1,
    };
    expect(statusAndBody(await inviteToAccount(owner, account, { email, ...more }))).toEqual(invitedResponse);
    const stored = await latestInvite(account, email);
    expect(stored).toMatchObject({ email, role: "AMEMBER", state: "pending", version: 1, mailed_at: null });
    expect(await auditRowsOf(account)).toEqual([
      {
        actor: ownerId,
        action: "invite.created",
        target: `invite:${stored.uuid}`,
        changes: { email: [null, masked], role: [null, "AMEMBER"] },
      },
    ]);
  });

  it("members may invite members, and owners may invite any role [R10]", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const email = uniqueEmail();
    expect(statusAndBody(await inviteToAccount(member, account, { email, role: "AOWNER" }))).toEqual(
      missingRole,
    );
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 0 });
    await createInvite(member, account, "AMEMBER");
    await createInvite(owner, account, "AOWNER");
    expect(statusAndBody(await inviteToAccount(await createUser(), account, { email }))).toEqual(noAccess);
  });

  it("an address of a member is refused in any case, even with a pending invitation [R26]", async () => {
    const { owner, account, member } = await createAccountWithMember();
    for (const email of [member.email, member.email.toUpperCase(), owner.email]) {
      expect(statusAndBody(await inviteToAccount(owner, account, { email }))).toEqual(alreadyMember);
    }
    const guest = await createUser();
    await inviteToAccount(owner, account, { email: guest.email });
    await owner.patch(`/api/v1/account/${account.slug}/users`, {
      add: [{ id: await userIdOf(guest), role: "AMEMBER" }],
    });
    expect(statusAndBody(await inviteToAccount(owner, account, { email: guest.email }))).toEqual(
      alreadyMember,
    );
    expect(
      statusAndBody(await inviteToAccount(owner, await createAccount(owner), { email: member.email })),
    ).toEqual(invitedResponse);
  });

  it("a new invitation needs a seat, and a renewal does not", async () => {
    const { owner, account } = await createAccountWithOwner();
    await setAccount(account, { max_users: 2 });
    const email = await createInvite(owner, account);
    for (const caller of [owner, await createOperator()]) {
      expect(statusAndBody(await inviteToAccount(caller, account, { email: uniqueEmail() }))).toEqual(noSeat);
    }
    await setAccount(account, { max_users: 1 });
    await moveSentAt(account, email, 60_000);
    expect(statusAndBody(await inviteToAccount(owner, account, { email }))).toEqual(invitedResponse);
    expect(await latestInvite(account, email)).toMatchObject({ version: 2 });
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
  });

  it("a blocked account refuses invitations, except from operators", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    await setAccount(account, { blocking_state: "manager" });
    expect(statusAndBody(await inviteToAccount(owner, account, { email: uniqueEmail() }))).toEqual(blocked);
    expect(statusAndBody(await inviteToAccount(owner, account, { email }))).toEqual(blocked);
    expect(statusAndBody(await owner.delete(invitePath(account, email)))).toEqual(blocked);
    expect((await owner.get(invitesPath(account))).body).toHaveLength(1);
    const root = await createOperator();
    expect(statusAndBody(await inviteToAccount(root, account, { email: uniqueEmail() }))).toEqual(
      invitedResponse,
    );
    expect(statusAndText(await root.delete(invitePath(account, email)))).toEqual(noContent);
  });

  it("all invalid fields are reported together, before the permission check", async () => {
    const { owner, account } = await createAccountWithOwner();
    const outsider = await createUser();
    const noAddress = (input: string, reason: string) => ({
      type: "value_error",
      loc: ["body", "email"],
      msg: `value is not a valid email address: ${reason}`,
      input,
      ctx: { reason },
    });
    const role = { ...roleError, loc: ["body", "role"] };
    for (const [body, ...detail] of [
      [{}, { ...missingField, loc: ["body", "email"], input: {} }],
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
      [{ email: 5 }, { ...notString, loc: ["body", "email"], input: 5 }],
    ]) {
      for (const caller of [owner, outsider]) {
        expect(statusAndBody(await inviteToAccount(caller, account, body))).toEqual({
          status: 422,
          body: { detail },
        });
      }
    }
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 0 });
  });
});
