/** An account can send two hundred invitations per hour, through both APIs together. */
import { describe, expect, it } from "vitest";

import { invitePath, invitesPath, latestInvite, moveSentAt } from "../support/account-invites.ts";
import { delayedQueue } from "../support/cost-meter.ts";
import { queryRow, setAccount } from "../support/database.ts";
import { type Caller, createAccount, createUser, type TestAccount } from "../support/fixtures.ts";
import {
  countStatuses,
  invitationListPath,
  invitationPath,
  storeInvite,
  uniqueEmail,
} from "../support/invitations.ts";
import { createAccountWithOwner } from "../support/members.ts";
import { workerWith } from "../support/worker.ts";

const worker = workerWith({ RATE_LIMITS: "on", JOBS: delayedQueue });
const minute = 60 * 1000;
const hour = 60 * minute;
const tooMany = { detail: "Hourly invite limit reached. Try again later." };

/** Creates an account without a seat limit, and its owner with a worker that has rate limits. */
async function limited(): Promise<{ owner: Caller; account: TestAccount }> {
  const { owner, account } = await createAccountWithOwner();
  await setAccount(account, { max_users: 10_000 });
  return { owner: owner.via(worker), account };
}

const counted = ({ id }: TestAccount) =>
  queryRow("SELECT invites_since AS since, invites_sent AS sent FROM accounts WHERE uuid = ?", id);
const invite = (caller: Caller, { slug }: TestAccount, email = uniqueEmail(), role = "AMEMBER") =>
  caller.post(`/api/v1/account/${slug}/invite`, { email, role });
const inviteElsewhere = (caller: Caller, account: TestAccount) =>
  caller.post(invitationListPath(account), { invitee_identifier: uniqueEmail() });

describe("an account's limit of invitations per hour", () => {
  it("an account sends exactly 200 of 250 simultaneous invitations through both APIs [R24]", async () => {
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
    const { body } = await owner.get(invitesPath(account));
    expect(body).toHaveLength(200);
  }, 120_000);

  it("each API reports in its own format when the next invitation may be sent [R72]", async () => {
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
    const retryAfter = elsewhere.headers.get("Retry-After") ?? "";
    expect(elsewhere.body).toEqual({
      detail: `Request was throttled. Expected available in ${retryAfter} seconds.`,
    });

    await setAccount(account, { invites_since: Date.now() - hour });
    expect((await invite(owner, account)).status).toBe(200);
    const after = await counted(account);
    expect(after).toMatchObject({ sent: 1 });
    expect(Number(after?.["since"])).toBeGreaterThan(since + hour - 10 * minute);
  });

  it("resent and renewed invitations count, and requests that send nothing do not", async () => {
    const { owner, account } = await limited();
    const email = uniqueEmail();
    await invite(owner, account, email);
    const { uuid } = await latestInvite(account, email);
    expect(await counted(account)).toMatchObject({ sent: 1 });
    expect((await invite(owner, account, email, "AOWNER")).status).toBe(200);
    expect((await owner.post(invitationPath(uuid))).status).toBe(429);
    expect((await invite(owner, account, owner.email)).status).toBe(409);
    expect((await invite(await createUser(), account)).status).toBe(403);
    expect(await counted(account)).toMatchObject({ sent: 1 });
    await moveSentAt(account, email, minute);
    expect((await invite(owner, account, email)).status).toBe(200);
    await moveSentAt(account, email, minute);
    expect((await owner.post(invitationPath(uuid))).status).toBe(200);
    expect(await counted(account)).toMatchObject({ sent: 3 });
    // A revoked invitation still counts, because its mail was sent.
    expect((await owner.delete(invitePath(account, email))).status).toBe(204);
    expect(await counted(account)).toMatchObject({ sent: 3 });
  });

  it("an account at its limit can neither resend nor renew, but can revoke invitations and change roles", async () => {
    const { owner, account } = await limited();
    const [old, fresh] = [uniqueEmail(), uniqueEmail()];
    await storeInvite(account, "AMEMBER", old);
    expect((await invite(owner, account, fresh)).status).toBe(200);
    await setAccount(account, { invites_sent: 200 });
    const { uuid, version } = await latestInvite(account, old);
    for (const answer of [await invite(owner, account, old), await owner.post(invitationPath(uuid))]) {
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(3_500);
    }
    expect(await latestInvite(account, old)).toMatchObject({ version, state: "pending" });
    expect((await invite(owner, account, fresh, "AOWNER")).status).toBe(200);
    expect((await owner.delete(invitePath(account, fresh))).status).toBe(204);
    expect(await counted(account)).toMatchObject({ sent: 200 });
  });

  it("the limit of one account does not affect another", async () => {
    const { owner, account } = await limited();
    await setAccount(account, { invites_since: Date.now(), invites_sent: 200 });
    expect((await invite(owner, account)).status).toBe(429);
    expect((await invite(owner, await createAccount(owner))).status).toBe(200);
  });

  it("with rate limits off invitations are counted and not rejected", async () => {
    const { owner, account } = await createAccountWithOwner();
    await setAccount(account, { invites_since: Date.now(), invites_sent: 200 });
    expect((await invite(owner, account)).status).toBe(200);
    expect(await counted(account)).toMatchObject({ sent: 201 });
  });

  it("requests repeated with an Idempotency-Key count once", async () => {
    const { owner, account } = await limited();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const body = { email: uniqueEmail() };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        owner.post(`/api/v1/account/${account.slug}/invite`, body, { headers }),
      ),
    );
    expect(countStatuses(answers)).toEqual({ 200: 10 });
    expect(await counted(account)).toMatchObject({ sent: 1 });
  });
});
