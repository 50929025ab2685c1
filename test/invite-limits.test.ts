/** How many invitations an account sends in an hour: exactly two hundred, whoever sends them and however. */
import { describe, expect, it } from "vitest";

import { inviteOf, invitesOf, lastInvite, sentAgo } from "./accounts/invites.ts";
import { found } from "./accounts/members.ts";
import { setAccount } from "./accounts/rows.ts";
import { patientQueue } from "./counting.ts";
import { doorWith } from "./http/door.ts";
import { anAddress, listOf, one, storeInvite, tally } from "./organizations/invitations.ts";
import { row } from "./storage/rows.ts";
import { makeAccount, someone, type Caller, type MadeAccount } from "./world.ts";

const door = doorWith({ RATE_LIMITS: "on", JOBS: patientQueue });
const minute = 60 * 1000;
const hour = 60 * minute;
const tooMany = { detail: "This account has sent as many invites as an hour allows" };

/** An account without a limit of seats, and its owner at a door with limits. */
async function limited(): Promise<{ owner: Caller; account: MadeAccount }> {
  const { owner, account } = await found();
  await setAccount(account, { max_users: 10_000 });
  return { owner: owner.through(door), account };
}

const counted = ({ id }: MadeAccount) =>
  row("SELECT invites_since AS since, invites_sent AS sent FROM accounts WHERE uuid = ?", id);
const invite = (caller: Caller, { slug }: MadeAccount, email = anAddress(), role = "AMEMBER") =>
  caller.post(`/api/v1/account/${slug}/invite`, { email, role });
const inviteElsewhere = (caller: Caller, account: MadeAccount) =>
  caller.post(listOf(account), { invitee_identifier: anAddress() });

describe("an account", () => {
  it("of 250 invitations at once, on both faces, sends exactly 200 [R24]", async () => {
    const { owner, account } = await limited();
    const answers = await Promise.all(
      Array.from({ length: 250 }, (_, at) =>
        at % 2 === 0 ? invite(owner, account) : inviteElsewhere(owner, account),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status < 300)).toHaveLength(200);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50);
    expect(await counted(account)).toMatchObject({ sent: 200 });
    const { body } = await owner.get(invitesOf(account));
    expect(body).toHaveLength(200);
  }, 120_000);

  it("is told until when, on each face in its own way, until the hour is over [R72]", async () => {
    const { owner, account } = await limited();
    const since = Date.now() - 50 * minute;
    await setAccount(account, { invites_since: since, invites_sent: 199 });
    expect((await invite(owner, account)).status).toBe(200);
    const refused = await invite(owner, account);
    expect([refused.status, refused.body]).toEqual([429, tooMany]);
    const seconds = Number(refused.headers.get("Retry-After"));
    expect(seconds).toBeGreaterThan(590);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(refused.headers.get("RateLimit-Policy")).toBe('"invites";q=200;w=3600');
    expect(refused.headers.get("RateLimit")).toBe(`"invites";r=0;t=${seconds}`);
    const elsewhere = await inviteElsewhere(owner, account);
    expect(elsewhere.status).toBe(429);
    const told = elsewhere.headers.get("Retry-After") ?? "";
    expect(elsewhere.body).toEqual({
      detail: `Request was throttled. Expected available in ${told} seconds.`,
    });

    await setAccount(account, { invites_since: Date.now() - hour });
    expect((await invite(owner, account)).status).toBe(200);
    const after = await counted(account);
    expect(after).toMatchObject({ sent: 1 });
    expect(Number(after?.["since"])).toBeGreaterThan(since + hour - 10 * minute);
  });

  it("counts what is sent again and renewed, and nothing that sends nothing", async () => {
    const { owner, account } = await limited();
    const email = anAddress();
    await invite(owner, account, email);
    const { uuid } = await lastInvite(account, email);
    expect(await counted(account)).toMatchObject({ sent: 1 });
    expect((await invite(owner, account, email, "AOWNER")).status).toBe(200);
    expect((await owner.post(one(uuid))).status).toBe(429);
    expect((await invite(owner, account, owner.email)).status).toBe(409);
    expect((await invite(await someone(), account)).status).toBe(403);
    expect(await counted(account)).toMatchObject({ sent: 1 });
    await sentAgo(account, email, minute);
    expect((await invite(owner, account, email)).status).toBe(200);
    await sentAgo(account, email, minute);
    expect((await owner.post(one(uuid))).status).toBe(200);
    expect(await counted(account)).toMatchObject({ sent: 3 });
    // A place is not given back with the invitation: its mail has left.
    expect((await owner.delete(inviteOf(account, email))).status).toBe(204);
    expect(await counted(account)).toMatchObject({ sent: 3 });
  });

  it("that has sent them all sends none again, renews none, but takes back and changes roles", async () => {
    const { owner, account } = await limited();
    const [old, fresh] = [anAddress(), anAddress()];
    await storeInvite(account, "AMEMBER", old);
    expect((await invite(owner, account, fresh)).status).toBe(200);
    await setAccount(account, { invites_sent: 200 });
    const { uuid, version } = await lastInvite(account, old);
    for (const answer of [await invite(owner, account, old), await owner.post(one(uuid))]) {
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(3_500);
    }
    expect(await lastInvite(account, old)).toMatchObject({ version, state: "pending" });
    expect((await invite(owner, account, fresh, "AOWNER")).status).toBe(200);
    expect((await owner.delete(inviteOf(account, fresh))).status).toBe(204);
    expect(await counted(account)).toMatchObject({ sent: 200 });
  });

  it("has an hour of its own", async () => {
    const { owner, account } = await limited();
    await setAccount(account, { invites_since: Date.now(), invites_sent: 200 });
    expect((await invite(owner, account)).status).toBe(429);
    expect((await invite(owner, await makeAccount(owner))).status).toBe(200);
  });

  it("is counted and not refused where limits are off", async () => {
    const { owner, account } = await found();
    await setAccount(account, { invites_since: Date.now(), invites_sent: 200 });
    expect((await invite(owner, account)).status).toBe(200);
    expect(await counted(account)).toMatchObject({ sent: 201 });
  });

  it("of requests that are repeated with their key, counts one", async () => {
    const { owner, account } = await limited();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const body = { email: anAddress() };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        owner.post(`/api/v1/account/${account.slug}/invite`, body, { headers }),
      ),
    );
    expect(tally(answers)).toEqual({ 200: 10 });
    expect(await counted(account)).toMatchObject({ sent: 1 });
  });
});
