import { describe, expect, it } from "vitest";

import {
  createInvite,
  invitedResponse,
  invitePath,
  inviteToAccount,
  latestInvite,
  moveSentAt,
} from "../../support/account-invites.ts";
import { setAccount } from "../../support/database.ts";
import { createUser, statusAndBody } from "../../support/fixtures.ts";
import { setInvite, uniqueEmail, week } from "../../support/invitations.ts";
import {
  auditRowsOf,
  createAccountWithOwner,
  joinAccount,
  membersPath,
  missingRole,
  noContent,
  noSeat,
  seatsTaken,
  statusAndText,
  userIdOf,
} from "../../support/members.ts";
import { createAccountWithMember } from "../../support/organizations.ts";
import { raceDuringWrite } from "../../support/race.ts";

describe("an invitation that expires while it is sent again", () => {
  it.each(["renewed", "resent"])("an expired invitation is not %s if its seat was taken", async (how) => {
    const { owner, account } = await createAccountWithOwner();
    const newcomer = await createUser();
    const id = await userIdOf(newcomer);
    await setAccount(account, { max_users: 2 });
    const email = await createInvite(owner, account);
    const { uuid } = await latestInvite(account, email);
    await setInvite(uuid, { sent_at: 0, valid_until: Date.now() + 1_500 });
    const added = { add: [{ id, role: "AMEMBER" }] };
    expect(statusAndBody(await owner.patch(membersPath(account), added))).toEqual(noSeat);

    const worker = raceDuringWrite(async () => {
      await scheduler.wait(1_600);
      expect(statusAndText(await owner.patch(membersPath(account), added))).toEqual(noContent);
    });
    const late = owner.via(worker);
    const answer =
      how === "renewed"
        ? await inviteToAccount(late, account, { email })
        : await late.post(`/accounts/invite/${uuid}/`);
    const full = {
      non_field_errors: ["Seat limit reached. Remove a member, revoke an invitation or raise the limit."],
    };
    expect(statusAndBody(answer)).toEqual(how === "renewed" ? noSeat : { status: 400, body: full });
    expect(await seatsTaken(account)).toMatchObject({ members: 2 });
    expect(await latestInvite(account, email)).toMatchObject({ version: 1, sent_at: 0 });
  });
});

describe("inviting an address with a pending invitation", () => {
  it("within a minute only the role changes and nothing is sent [R24]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    await moveSentAt(account, email, 30_000);
    const before = await latestInvite(account, email);
    expect(statusAndBody(await inviteToAccount(owner, account, { email: email.toUpperCase() }))).toEqual(
      invitedResponse,
    );
    expect(await latestInvite(account, email)).toEqual(before);
    expect(await auditRowsOf(account)).toHaveLength(1);
    expect(statusAndBody(await inviteToAccount(owner, account, { email, role: "AOWNER" }))).toEqual(
      invitedResponse,
    );
    expect(await latestInvite(account, email)).toEqual({ ...before, role: "AOWNER" });
    expect((await auditRowsOf(account)).slice(1)).toEqual([
      {
        actor: await userIdOf(owner),
        action: "invite.renewed",
        target: `invite:${before.uuid}`,
        changes: { role: ["AMEMBER", "AOWNER"] },
      },
    ]);
  });

  it("after a minute secret and expiry change and a mail is sent [R24]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    await moveSentAt(account, email, 60_000);
    const before = await latestInvite(account, email);
    const now = Date.now();
    expect(statusAndBody(await inviteToAccount(owner, account, { email, role: "AOWNER" }))).toEqual(
      invitedResponse,
    );
    const after = await latestInvite(account, email);
    expect(after).toEqual({
      ...before,
      role: "AOWNER",
      version: 2,
      sent_at: after.sent_at,
      valid_until: after.sent_at + week,
      mailed_at: null,
      mail_again_at: after.sent_at + 10 * 60 * 1000,
    });
    expect(after.sent_at).toBeGreaterThanOrEqual(now);
    expect((await auditRowsOf(account)).at(-1)).toMatchObject({
      action: "invite.renewed",
      changes: { role: ["AMEMBER", "AOWNER"], version: [1, 2] },
    });
  });

  it("a member cannot renew an owner's invitation, whatever role they name", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const email = await createInvite(owner, account, "AOWNER");
    for (const ago of [0, 120_000]) {
      await moveSentAt(account, email, ago);
      const before = await latestInvite(account, email);
      for (const role of ["AMEMBER", "AOWNER"]) {
        expect(statusAndBody(await inviteToAccount(member, account, { email, role }))).toEqual(missingRole);
      }
      expect(await latestInvite(account, email)).toEqual(before);
    }
  });

  it("a member may renew members' invitations and not raise the role", async () => {
    const { owner, account, member } = await createAccountWithMember();
    const email = await createInvite(owner, account);
    await moveSentAt(account, email, 120_000);
    expect(statusAndBody(await inviteToAccount(member, account, { email, role: "AOWNER" }))).toEqual(
      missingRole,
    );
    expect(statusAndBody(await inviteToAccount(member, account, { email }))).toEqual(invitedResponse);
    expect(await latestInvite(account, email)).toMatchObject({ role: "AMEMBER", version: 2 });
  });

  it("an expired invitation is replaced by a new one", async () => {
    const { owner, account } = await createAccountWithOwner();
    await setAccount(account, { max_users: 2 });
    const email = await createInvite(owner, account);
    const old = await latestInvite(account, email);
    await setInvite(old.uuid, { valid_until: Date.now() - 1 });
    expect(statusAndBody(await inviteToAccount(owner, account, { email: email.toUpperCase() }))).toEqual(
      invitedResponse,
    );
    const made = await latestInvite(account, email);
    expect(made).toMatchObject({ state: "pending", version: 1, email: email.toUpperCase() });
    expect(made.uuid).not.toBe(old.uuid);
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
  });

  it("a revoked invitation is replaced by a new one", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    const old = await latestInvite(account, email);
    expect(statusAndText(await owner.delete(invitePath(account, email)))).toEqual(noContent);
    expect(statusAndBody(await inviteToAccount(owner, account, { email }))).toEqual(invitedResponse);
    expect((await latestInvite(account, email)).uuid).not.toBe(old.uuid);
  });

  it("a repeated request with the same key does nothing", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = uniqueEmail();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const send = (role: string) =>
      owner.post(`/api/v1/account/${account.slug}/invite`, { email, role }, { headers });
    expect(statusAndBody(await send("AMEMBER"))).toEqual(invitedResponse);
    await moveSentAt(account, email, 120_000);
    expect(statusAndBody(await send("AMEMBER"))).toEqual(invitedResponse);
    expect(await latestInvite(account, email)).toMatchObject({ version: 1 });
    expect((await send("AOWNER")).status).toBe(422);
    expect(await auditRowsOf(account)).toHaveLength(1);
  });

  it("fifty simultaneous invitations leave one invitation and one audit row [R22]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: second } = await joinAccount(account, "AOWNER");
    const email = uniqueEmail();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        inviteToAccount(at % 2 === 0 ? owner : second, account, {
          email: at % 3 === 0 ? email : email.toUpperCase(),
        }),
      ),
    );
    for (const answer of answers) expect(statusAndBody(answer)).toEqual(invitedResponse);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 1 });
    expect(await auditRowsOf(account)).toHaveLength(1);
  });

  it("twenty simultaneous renewals renew once", async () => {
    const { owner, account } = await createAccountWithOwner();
    const email = await createInvite(owner, account);
    await moveSentAt(account, email, 60_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => inviteToAccount(owner, account, { email, role: "AOWNER" })),
    );
    for (const answer of answers) expect(statusAndBody(answer)).toEqual(invitedResponse);
    expect(await latestInvite(account, email)).toMatchObject({ version: 2, role: "AOWNER" });
    expect(await auditRowsOf(account)).toHaveLength(2);
  });
});
