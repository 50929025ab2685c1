/** Inviting who is invited already. */
import { describe, expect, it } from "vitest";

import { doorWhile } from "../between.ts";
import { anAddress, setInvite, week } from "../organizations/invitations.ts";
import { answered, makeAccountWithMember } from "../organizations/requests.ts";
import { done, invite, invited, inviteOf, lastInvite, sentAgo } from "./invites.ts";
import {
  bare,
  found,
  historyOf,
  idOf,
  join,
  membersOf,
  noRole,
  noSeat,
  nothing,
  seatsTaken,
} from "./members.ts";
import { someone } from "../world.ts";
import { setAccount } from "./rows.ts";

describe("an invitation that ends while it is sent again", () => {
  it.each(["renewed", "resent"])("is not %s into the seat that another has taken since", async (how) => {
    const { owner, account } = await found();
    const newcomer = await someone();
    const id = await idOf(newcomer);
    await setAccount(account, { max_users: 2 });
    const email = await invited(owner, account);
    const { uuid } = await lastInvite(account, email);
    await setInvite(uuid, { sent_at: 0, valid_until: Date.now() + 1_500 });
    const added = { add: [{ id, role: "AMEMBER" }] };
    expect(answered(await owner.patch(membersOf(account), added))).toEqual(noSeat);

    const door = doorWhile(async () => {
      await scheduler.wait(1_600);
      expect(bare(await owner.patch(membersOf(account), added))).toEqual(nothing);
    });
    const late = owner.through(door);
    const answer =
      how === "renewed"
        ? await invite(late, account, { email })
        : await late.post(`/accounts/invite/${uuid}/`);
    const full = { non_field_errors: ["This organization has no seat left."] };
    expect(answered(answer)).toEqual(how === "renewed" ? noSeat : { status: 400, body: full });
    expect(await seatsTaken(account)).toMatchObject({ members: 2 });
    expect(await lastInvite(account, email)).toMatchObject({ version: 1, sent_at: 0 });
  });
});

describe("inviting a pending address again", () => {
  it("within a minute sends nothing and changes the role alone [R24]", async () => {
    const { owner, account } = await found();
    const email = await invited(owner, account);
    await sentAgo(account, email, 30_000);
    const before = await lastInvite(account, email);
    expect(answered(await invite(owner, account, { email: email.toUpperCase() }))).toEqual(done);
    expect(await lastInvite(account, email)).toEqual(before);
    expect(await historyOf(account)).toHaveLength(1);
    expect(answered(await invite(owner, account, { email, role: "AOWNER" }))).toEqual(done);
    expect(await lastInvite(account, email)).toEqual({ ...before, role: "AOWNER" });
    expect((await historyOf(account)).slice(1)).toEqual([
      {
        actor: await idOf(owner),
        action: "invite.renewed",
        target: `invite:${before.uuid}`,
        changes: { role: ["AMEMBER", "AOWNER"] },
      },
    ]);
  });

  it("after a minute moves secret and end, and is to be mailed again [R24]", async () => {
    const { owner, account } = await found();
    const email = await invited(owner, account);
    await sentAgo(account, email, 60_000);
    const before = await lastInvite(account, email);
    const now = Date.now();
    expect(answered(await invite(owner, account, { email, role: "AOWNER" }))).toEqual(done);
    const after = await lastInvite(account, email);
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
    expect((await historyOf(account)).at(-1)).toMatchObject({
      action: "invite.renewed",
      changes: { role: ["AMEMBER", "AOWNER"], version: [1, 2] },
    });
  });

  it("is not for a member where it invites an owner, whatever role they name", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const email = await invited(owner, account, "AOWNER");
    for (const ago of [0, 120_000]) {
      await sentAgo(account, email, ago);
      const before = await lastInvite(account, email);
      for (const role of ["AMEMBER", "AOWNER"]) {
        expect(answered(await invite(member, account, { email, role }))).toEqual(noRole);
      }
      expect(await lastInvite(account, email)).toEqual(before);
    }
  });

  it("is by a member's hand for members, and lifts nobody", async () => {
    const { owner, account, member } = await makeAccountWithMember();
    const email = await invited(owner, account);
    await sentAgo(account, email, 120_000);
    expect(answered(await invite(member, account, { email, role: "AOWNER" }))).toEqual(noRole);
    expect(answered(await invite(member, account, { email }))).toEqual(done);
    expect(await lastInvite(account, email)).toMatchObject({ role: "AMEMBER", version: 2 });
  });

  it("once it has expired makes a new one", async () => {
    const { owner, account } = await found();
    await setAccount(account, { max_users: 2 });
    const email = await invited(owner, account);
    const old = await lastInvite(account, email);
    await setInvite(old.uuid, { valid_until: Date.now() - 1 });
    expect(answered(await invite(owner, account, { email: email.toUpperCase() }))).toEqual(done);
    const made = await lastInvite(account, email);
    expect(made).toMatchObject({ state: "pending", version: 1, email: email.toUpperCase() });
    expect(made.uuid).not.toBe(old.uuid);
    expect(await seatsTaken(account)).toEqual({ members: 1, pending: 1 });
  });

  it("once it has been revoked makes a new one", async () => {
    const { owner, account } = await found();
    const email = await invited(owner, account);
    const old = await lastInvite(account, email);
    expect(bare(await owner.delete(inviteOf(account, email)))).toEqual(nothing);
    expect(answered(await invite(owner, account, { email }))).toEqual(done);
    expect((await lastInvite(account, email)).uuid).not.toBe(old.uuid);
  });

  it("by a request that is repeated with its key does nothing again", async () => {
    const { owner, account } = await found();
    const email = anAddress();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const send = (role: string) =>
      owner.post(`/api/v1/account/${account.slug}/invite`, { email, role }, { headers });
    expect(answered(await send("AMEMBER"))).toEqual(done);
    await sentAgo(account, email, 120_000);
    expect(answered(await send("AMEMBER"))).toEqual(done);
    expect(await lastInvite(account, email)).toMatchObject({ version: 1 });
    expect((await send("AOWNER")).status).toBe(422);
    expect(await historyOf(account)).toHaveLength(1);
  });

  it("fifty times at once leaves one, and one row of history [R22]", async () => {
    const { owner, account } = await found();
    const { caller: second } = await join(account, "AOWNER");
    const email = anAddress();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        invite(at % 2 === 0 ? owner : second, account, { email: at % 3 === 0 ? email : email.toUpperCase() }),
      ),
    );
    for (const answer of answers) expect(answered(answer)).toEqual(done);
    expect(await seatsTaken(account)).toEqual({ members: 2, pending: 1 });
    expect(await historyOf(account)).toHaveLength(1);
  });

  it("twenty times at once when it is due moves it once", async () => {
    const { owner, account } = await found();
    const email = await invited(owner, account);
    await sentAgo(account, email, 60_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => invite(owner, account, { email, role: "AOWNER" })),
    );
    for (const answer of answers) expect(answered(answer)).toEqual(done);
    expect(await lastInvite(account, email)).toMatchObject({ version: 2, role: "AOWNER" });
    expect(await historyOf(account)).toHaveLength(2);
  });
});
