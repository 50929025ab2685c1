/** The scheduled tasks for invitations: unsent mails are queued again, expired rows are deleted. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { delayedQueue } from "../../support/cost-meter.ts";
import { queryRow, runStatements } from "../../support/database.ts";
import { createAccount, createUser, type TestAccount } from "../../support/fixtures.ts";
import { setInvite, storedInvite, storeInvite, uniqueEmail } from "../../support/invitations.ts";
import { deliverMailJobs, JobRecorder, Mailbox, minute, runMailCron } from "../../support/mail.ts";

const jobs = new JobRecorder();
const day = 24 * 60 * minute;
const now = Date.UTC(2026, 5, 1, 12);
const jobOf = (uuid: string, version = 1) => ({ kind: "mail-invitation", uuid, version });

let account: TestAccount;
beforeEach(async () => {
  await runStatements(["DELETE FROM invites"]);
  jobs.take();
  account = await createAccount(await createUser());
});

/** Stores an invitation of a given age whose mail is due. */
async function unmailed(age: number, fields: Record<string, number> = {}): Promise<string> {
  const uuid = await storeInvite(account);
  const sent_at = now - age;
  await setInvite(uuid, { sent_at, mail_again_at: sent_at + 10 * minute, valid_until: now + day, ...fields });
  return uuid;
}

describe("an unsent mail", () => {
  it("an unsent mail is queued again after ten minutes and not earlier [R69]", async () => {
    const [due] = [await unmailed(10 * minute), await unmailed(10 * minute - 1), await unmailed(0)];
    await runMailCron(now, { JOBS: jobs.queue });
    expect(jobs.take()).toEqual([jobOf(due)]);
  });

  it("an unsent mail is not queued again if it was sent, or the invitation is no longer pending", async () => {
    await unmailed(minute * 20, { mail_again_at: now + minute });
    const over = await unmailed(day, { valid_until: now });
    const [revoked, accepted, older] = [await unmailed(day), await unmailed(day), await storeInvite(account)];
    await runStatements(
      ["UPDATE invites SET state = 'revoked' WHERE uuid = ?", revoked],
      ["UPDATE invites SET state = 'accepted' WHERE uuid = ?", accepted],
    );
    await runMailCron(now, { JOBS: jobs.queue });
    expect(jobs.take()).toEqual([]);
    expect(await storedInvite(over)).toMatchObject({ mail_again_at: null, mailed_at: null });
    expect(await storedInvite(older)).toMatchObject({ mail_again_at: null });
  });

  it("an unsent mail is queued again at growing intervals until the invitation expires", async () => {
    const uuid = await unmailed(0, { valid_until: now + 7 * day });
    const asked: number[] = [];
    // The first intervals are multiples of ten minutes and double each time.
    const step = (at: number) => (at < now + 60 * minute ? 10 : at < now + day ? 20 : 360) * minute;
    for (let at = now; at < now + 8 * day; at += step(at)) {
      await runMailCron(at, { JOBS: jobs.queue });
      if (jobs.take().length > 0) asked.push((at - now) / minute);
    }
    expect(asked.slice(0, 7)).toEqual([10, 20, 40, 80, 160, 320, 640]);
    expect(asked.slice(7, 9)).toEqual([1000, 1360]);
    expect(asked.length).toBeLessThan(40);
    expect(Math.max(...asked)).toBeLessThan((7 * day) / minute);
    expect(await storedInvite(uuid)).toMatchObject({ mail_again_at: null });
  }, 120_000);

  it("an unsent mail is sent once it is queued, and not queued again", async () => {
    const uuid = await unmailed(20 * minute);
    await setInvite(uuid, { valid_until: Date.now() + 2 * day });
    await runMailCron(now, { JOBS: jobs.queue });
    const post = new Mailbox();
    await deliverMailJobs(jobs.take(), { MAIL: post.binding });
    expect(post.sent).toHaveLength(1);
    await runMailCron(now + day, { JOBS: jobs.queue });
    expect(jobs.take()).toEqual([]);
  });

  it("an unsent mail waits until MAIL_FROM is set", async () => {
    const uuid = await unmailed(day);
    await runMailCron(now, { JOBS: jobs.queue, MAIL_FROM: "" });
    expect(jobs.take()).toEqual([]);
    await runMailCron(now + 5 * minute, { JOBS: jobs.queue });
    expect(jobs.take()).toEqual([jobOf(uuid)]);
  });

  it("an unsent mail is queued later if the queue fails", async () => {
    const uuid = await unmailed(10 * minute);
    const logged = vi.spyOn(console, "error").mockReturnValue();
    const refusing: Queue = { ...delayedQueue, send: () => Promise.reject(new Error("full")) };
    await runMailCron(now, { JOBS: refusing });
    expect(logged.mock.calls).toEqual([
      [{ event: "job_enqueue_failed", job: "mail-invitation", error: "Error" }],
    ]);
    logged.mockRestore();
    await runMailCron(now + 10 * minute, { JOBS: jobs.queue });
    expect(jobs.take()).toEqual([jobOf(uuid)]);
  });

  it("an unsent mail is queued with up to a thousand others per run", async () => {
    await runStatements([
      `INSERT INTO invites (uuid, account_id, email, email_key, role, sent_at, valid_until, mail_again_at, created_at)
       WITH RECURSIVE made (name, left) AS (
         SELECT lower(hex(randomblob(16))), 1250 UNION ALL SELECT lower(hex(randomblob(16))), left - 1 FROM made WHERE left > 1
       )
       SELECT name, (SELECT id FROM accounts WHERE uuid = ?1), name, name, 'AMEMBER', ?2, ?3, ?2 + left, 0 FROM made`,
      account.id,
      now - 60 * minute,
      now + day,
    ]);
    await runMailCron(now, { JOBS: jobs.queue });
    const first = jobs.take();
    expect(first).toHaveLength(1_000);
    await runMailCron(now + 5 * minute, { JOBS: jobs.queue });
    const all = [...first, ...jobs.take()].map((job) => (job as { uuid: string }).uuid);
    expect(all).toHaveLength(1_250);
    expect(new Set(all).size).toBe(1_250);
  });
});

describe("an expired invitation", () => {
  it("an expired invitation is deleted 90 days after its end, in any state", async () => {
    const end = now - 90 * day;
    const states = ["pending", "accepted", "revoked"];
    const stored = await Promise.all(
      states.flatMap((state) =>
        [end, end + 1].map(async (valid_until) => {
          const uuid = await storeInvite(account);
          await setInvite(uuid, { valid_until });
          await runStatements(["UPDATE invites SET state = ? WHERE uuid = ?", state, uuid]);
          return { uuid, remains: valid_until > end };
        }),
      ),
    );
    await runMailCron(now);
    for (const { uuid, remains } of stored) expect((await storedInvite(uuid)) !== null).toBe(remains);
  });

  it("an expired invitation is deleted with all others, in steps", async () => {
    await runStatements([
      `INSERT INTO invites (uuid, account_id, email, email_key, role, state, sent_at, valid_until, created_at)
       WITH RECURSIVE made (name, left) AS (
         SELECT lower(hex(randomblob(16))), 1203 UNION ALL SELECT lower(hex(randomblob(16))), left - 1 FROM made WHERE left > 1
       )
       SELECT name, (SELECT id FROM accounts WHERE uuid = ?1), name, name, 'AMEMBER', 'accepted', 0, 1, 0 FROM made`,
      account.id,
    ]);
    const uuid = await storeInvite(account, "AMEMBER", uniqueEmail());
    await runMailCron(now);
    expect(await queryRow("SELECT count(*) AS count FROM invites")).toEqual({ count: 1 });
    expect(await storedInvite(uuid)).not.toBeNull();
  });
});

it("the number of mails to an address is deleted after the day", async () => {
  const today = Math.floor(now / day);
  await runStatements(["DELETE FROM mailed_addresses"]);
  for (const which of [today - 1, today, today + 1]) {
    await env.DB.prepare(
      "INSERT INTO mailed_addresses (day, email_key, mails) VALUES (?, 'a@example.com', 1)",
    )
      .bind(which)
      .run();
  }
  await runMailCron(now);
  expect(await runStatements(["SELECT day FROM mailed_addresses ORDER BY day"])).toEqual([
    [{ day: today }, { day: today + 1 }],
  ]);
});
