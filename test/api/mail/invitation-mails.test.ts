/** Invitation mails: queued, sent once, and retried after failures. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Env } from "../../../src/env.ts";
import {
  acceptInvite,
  invitationTokenOf,
  invitePath,
  inviteSecretKey,
  inviteToAccount as inviteTo,
  joinedResponse,
  latestInvite,
  moveSentAt,
} from "../../support/account-invites.ts";
import { delayedQueue } from "../../support/cost-meter.ts";
import { queryRow, runStatements, setAccount } from "../../support/database.ts";
import {
  type Caller,
  createAccount,
  createUser,
  publicUrl,
  type TestAccount,
  unique,
  statusAndBody,
} from "../../support/fixtures.ts";
import {
  invitationListPath,
  invitationPath,
  setInvite,
  storedInvite,
  uniqueEmail,
} from "../../support/invitations.ts";
import { deliverMailJobs, invitationTokenIn, JobRecorder, Mailbox, minute } from "../../support/mail.ts";
import { createAccountWithOwner, joinAccount } from "../../support/members.ts";
import { workerWith } from "../../support/worker.ts";

const jobs = new JobRecorder();
const done = { acknowledged: 1, retried: [] };

afterEach(() => {
  vi.restoreAllMocks();
  jobs.take();
});

/** A new invitation and its job. */
async function made(role = "AMEMBER") {
  const { owner, account } = await createAccountWithOwner();
  const email = uniqueEmail();
  jobs.take();
  expect((await inviteTo(jobs.via(owner), account, { email, role })).status).toBe(200);
  const [job, ...others] = jobs.take();
  expect(others).toEqual([]);
  const { uuid } = await latestInvite(account, email);
  return { owner, account, email, uuid, job };
}

const mailedAt = async (uuid: string) => (await storedInvite(uuid))?.["mailed_at"];

describe("the queue receives a job", () => {
  it("the queue receives a job with ids only for a new invitation, from both APIs", async () => {
    const { owner, account, uuid, job } = await made();
    expect(job).toEqual({ kind: "mail-invitation", uuid, version: 1 });
    const { body } = await jobs
      .via(owner)
      .post(invitationListPath(account), { invitee_identifier: uniqueEmail() });
    expect(jobs.take()).toEqual([{ kind: "mail-invitation", uuid: body.uuid, version: 1 }]);
  });

  it("the queue receives a job for the new version of an invitation that is resent or renewed", async () => {
    const { owner, account, email, uuid } = await made();
    await moveSentAt(account, email, minute);
    expect((await jobs.via(owner).post(invitationPath(uuid))).status).toBe(200);
    expect(jobs.take()).toEqual([{ kind: "mail-invitation", uuid, version: 2 }]);
    await moveSentAt(account, email, minute);
    await inviteTo(jobs.via(owner), account, { email });
    expect(jobs.take()).toEqual([{ kind: "mail-invitation", uuid, version: 3 }]);
    expect(await storedInvite(uuid)).toMatchObject({ mailed_at: null, version: 3 });
  });

  it("the queue receives a job only if a mail must be sent", async () => {
    const { owner, account, email, uuid } = await made();
    const watched = jobs.via(owner);
    expect((await inviteTo(watched, account, { email, role: "AOWNER" })).status).toBe(200);
    expect((await inviteTo(watched, account, { email })).status).toBe(200);
    expect((await watched.post(invitationPath(uuid))).status).toBe(429);
    expect((await inviteTo(watched, account, { email: owner.email })).status).toBe(409);
    expect((await inviteTo(watched, account, { email: "nobody" })).status).toBe(422);
    expect((await inviteTo(jobs.via(await createUser()), account, { email: uniqueEmail() })).status).toBe(
      403,
    );
    expect((await watched.delete(invitationPath(uuid))).status).toBe(204);
    expect(jobs.take()).toEqual([]);
  });

  it("the queue receives a job once for a repeated request with the same key", async () => {
    const { owner, account } = await createAccountWithOwner();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const email = uniqueEmail();
    for (let time = 0; time < 3; time += 1) {
      await jobs.via(owner).post(`/api/v1/account/${account.slug}/invite`, { email }, { headers });
    }
    expect(jobs.take()).toHaveLength(1);
  });

  it("or fails, and the invitation is created anyway [R69]", async () => {
    const { owner, account } = await createAccountWithOwner();
    const logged = vi.spyOn(console, "error").mockReturnValue();
    const refusing: Queue = { ...delayedQueue, send: () => Promise.reject(new Error("full")) };
    const email = uniqueEmail();
    const { status } = await inviteTo(owner.via(workerWith({ JOBS: refusing })), account, { email });
    expect(status).toBe(200);
    expect(await latestInvite(account, email)).toMatchObject({ state: "pending", mailed_at: null });
    expect(logged.mock.calls).toEqual([
      [{ event: "job_enqueue_failed", job: "mail-invitation", error: "Error" }],
    ]);
  });
});

describe("an invitation mail", () => {
  it("an invitation mail is sent to the invited address with a valid secret, and recorded as sent", async () => {
    const { account, email, uuid, job } = await made();
    const post = new Mailbox();
    const before = Date.now();
    expect(await deliverMailJobs([job], { MAIL: post.binding })).toEqual(done);
    expect(post.sent).toHaveLength(1);
    const [mail = { from: "", to: "", subject: "", text: "", html: "" }] = post.sent;
    expect(mail.to).toBe(email);
    expect(mail.from).toEqual({ name: "Roster", email: "roster@example.com" });
    expect(mail.subject).toContain(account.title);
    expect(mail.text).toContain(`${publicUrl}/invite#${await invitationTokenOf(uuid)}`);
    expect(mail.html).toContain(`${publicUrl}/invite#${await invitationTokenOf(uuid)}`);
    const stored = await storedInvite(uuid);
    expect(stored).toMatchObject({ mail_again_at: null, version: 1 });
    expect(Number(stored?.["mailed_at"])).toBeGreaterThanOrEqual(before);
    expect(statusAndBody(await acceptInvite(await createUser(), invitationTokenIn(mail)))).toEqual(
      joinedResponse(account),
    );
  });

  it("an invitation mail is accepted by the real e-mail binding", async () => {
    const { job, uuid } = await made();
    expect(await deliverMailJobs([job], { MAIL: env.MAIL })).toEqual(done);
    expect(await mailedAt(uuid)).not.toBeNull();
  });

  it("an invitation mail shows neither a link in a title or name nor an unverified address", async () => {
    const title = "Your mailbox is full. Verify at https://evil.example/login";
    for (const claims of [{ name: title }, { email: "ceo@evil.example", email_verified: false }]) {
      const owner = await createUser({ sub: unique("sub"), ...claims });
      const account = await createAccount(owner);
      await owner.patch(`/api/v1/account/${account.slug}`, { title });
      await inviteTo(jobs.via(owner), account, { email: uniqueEmail() });
      const post = new Mailbox();
      await deliverMailJobs(jobs.take(), { MAIL: post.binding });
      const [mail = { subject: "", text: "", html: "" }] = post.sent;
      expect(mail.subject).toBe(`You are invited to ${account.slug}`);
      expect(`${mail.text}${mail.html}`).not.toContain("evil");
    }
  });

  it("an invitation mail names the inviter or their verified e-mail, or nobody if they were deleted", async () => {
    const inviters: Record<string, () => Promise<Caller>> = {
      "Ada Lovelace invites you": () => createUser({ name: "Ada Lovelace" }),
      "@example.com invites you": () => createUser(),
    };
    for (const [words, make] of Object.entries(inviters)) {
      const owner = await make();
      const account = await createAccount(owner);
      await inviteTo(jobs.via(owner), account, { email: uniqueEmail() });
      const post = new Mailbox();
      await deliverMailJobs(jobs.take(), { MAIL: post.binding });
      expect(post.sent[0]?.subject).toContain(words);
    }
    const { uuid, job } = await made();
    await runStatements(["UPDATE invites SET invited_by = NULL WHERE uuid = ?", uuid]);
    const post = new Mailbox();
    await deliverMailJobs([job], { MAIL: post.binding });
    expect(post.sent[0]?.subject).toMatch(/^You are invited to /);
  });

  it("an invitation mail has the language of a user with that address, otherwise English", async () => {
    const { owner, account } = await createAccountWithOwner();
    const speaker = await createUser();
    await speaker.patch("/api/v1/user", { language: "DE" });
    const silent = await createUser();
    await silent.get("/api/v1/user");
    const post = new Mailbox();
    for (const email of [speaker.email.toUpperCase(), silent.email, uniqueEmail()]) {
      await inviteTo(jobs.via(owner), account, { email });
    }
    await deliverMailJobs(jobs.take(), { MAIL: post.binding });
    expect(post.sent.map(({ html }) => /<html lang="(\w+)/.exec(html)?.[1])).toEqual(["de", "en", "en"]);
  });

  it("an invitation mail is sent once for fifty identical concurrent invitations", async () => {
    const { owner, account } = await createAccountWithOwner();
    const { caller: second } = await joinAccount(account, "AOWNER");
    const email = uniqueEmail();
    const callers = [jobs.via(owner), jobs.via(second)];
    await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        inviteTo(callers[at % 2] ?? owner, account, { email: at % 3 === 0 ? email : email.toUpperCase() }),
      ),
    );
    const asked = jobs.take();
    expect(asked).toHaveLength(1);
    const post = new Mailbox();
    await deliverMailJobs([...asked, ...asked], { MAIL: post.binding });
    expect(post.sent).toHaveLength(1);
    expect(
      await queryRow(
        "SELECT count(*) AS count FROM invites WHERE email_key = ? AND state = 'pending'",
        email,
      ),
    ).toEqual({ count: 1 });
  });

  it("an invitation mail waits while MAIL_FROM is not set", async () => {
    const { job, uuid } = await made();
    const post = new Mailbox();
    expect(await deliverMailJobs([job], { MAIL: post.binding, MAIL_FROM: "" })).toEqual(done);
    expect(post.sent).toEqual([]);
    expect(await storedInvite(uuid)).toMatchObject({ mailed_at: null, state: "pending" });
  });
});

describe("a failed mail", () => {
  it("a failed mail is retried with growing delays and finally sent with the same secret [R69]", async () => {
    const { email, uuid, job } = await made();
    vi.spyOn(console, "error").mockReturnValue();
    const post = new Mailbox();
    post.failing = true;
    for (const [attempts, seconds] of [
      [1, 10],
      [2, 20],
      [5, 160],
    ] as const) {
      const change = { MAIL: post.binding };
      expect(await deliverMailJobs([job], change, attempts)).toEqual({ acknowledged: 0, retried: [seconds] });
    }
    expect(await storedInvite(uuid)).toMatchObject({ mailed_at: null, state: "pending", version: 1 });
    post.failing = false;
    expect(await deliverMailJobs([job], { MAIL: post.binding }, 6)).toEqual(done);
    expect(post.recipients).toEqual([email]);
    expect(invitationTokenIn(post.sent[0] ?? { from: "", to: "", subject: "", text: "", html: "" })).toBe(
      await invitationTokenOf(uuid),
    );
    expect(await queryRow("SELECT mails FROM mailed_addresses WHERE email_key = ?", email)).toEqual({
      mails: 1,
    });
  });

  it("a failed mail is sent once more with the same secret if recording it failed", async () => {
    const { uuid, job } = await made();
    vi.spyOn(console, "error").mockReturnValue();
    const post = new Mailbox();
    const database = failingAfter(post);
    expect((await deliverMailJobs([job], { MAIL: post.binding, DB: database })).retried).toEqual([10]);
    expect(await mailedAt(uuid)).toBeNull();
    expect(await deliverMailJobs([job], { MAIL: post.binding }, 2)).toEqual(done);
    expect(await mailedAt(uuid)).not.toBeNull();
    const [first, second, ...others] = post.sent;
    expect(others).toEqual([]);
    expect(second).toEqual(first);
    expect(await deliverMailJobs([job], { MAIL: post.binding }, 3)).toEqual(done);
    expect(post.sent).toHaveLength(2);
  });

  it("a failed mail does not stop other mails of its batch", async () => {
    const [first, second] = [await made(), await made()];
    vi.spyOn(console, "error").mockReturnValue();
    const post = new Mailbox();
    const picky: SendEmail = {
      send: async (mail: unknown) => {
        if ((mail as { to: string }).to === first.email) throw new Error("no such mailbox");
        return post.binding.send(mail as EmailMessageBuilder);
      },
    };
    expect(await deliverMailJobs([first.job, second.job], { MAIL: picky })).toEqual({
      acknowledged: 1,
      retried: [10],
    });
    expect(post.recipients).toEqual([second.email]);
  });
});

describe("a mail is not sent", () => {
  const meanwhile: Record<string, (made: Made) => Promise<unknown>> = {
    "renewed, for the old version": async ({ owner, account, email }) => {
      await moveSentAt(account, email, minute);
      await inviteTo(jobs.via(owner), account, { email });
    },
    revoked: ({ owner, account, email }) => owner.delete(invitePath(account, email)),
    accepted: async ({ uuid }) => acceptInvite(await createUser(), await invitationTokenOf(uuid)),
    expired: ({ uuid }) => setInvite(uuid, { valid_until: Date.now() - 1 }),
    "its account deleted": ({ owner, account }) =>
      owner.via(workerWith({ JOBS: delayedQueue })).delete(`/api/v1/account/${account.slug}`),
    "mailed already": ({ uuid }) => setInvite(uuid, { mailed_at: 1 }),
  };
  it.each(Object.entries(meanwhile))(
    "a mail is not sent if its invitation was meanwhile %s",
    async (_what, change) => {
      const { job, ...rest } = await made();
      await change(rest);
      const post = new Mailbox();
      expect(await deliverMailJobs([job], { MAIL: post.binding })).toEqual(done);
      expect(post.sent).toEqual([]);
      expect(
        await queryRow("SELECT count(*) AS count FROM mailed_addresses WHERE email_key = ?", rest.email),
      ).toEqual({ count: 0 });
    },
  );

  it("a mail is not sent if its invitation does not exist", async () => {
    const post = new Mailbox();
    const job = { kind: "mail-invitation", uuid: crypto.randomUUID(), version: 1 };
    expect(await deliverMailJobs([job], { MAIL: post.binding })).toEqual(done);
    expect(post.sent).toEqual([]);
  });

  it("a mail is not sent for the old version of a renewed invitation, only for the new one", async () => {
    const { owner, account, email, uuid } = await made();
    await moveSentAt(account, email, minute);
    await inviteTo(jobs.via(owner), account, { email });
    const post = new Mailbox();
    await deliverMailJobs(jobs.take(), { MAIL: post.binding });
    expect(post.sent).toHaveLength(1);
    expect(post.sent[0]?.text).toContain(await invitationTokenOf(uuid, 2));
  });
});

describe("neither secret nor address", () => {
  it("neither secret nor address is logged or queued, and no secret is in lists and history [R20]", async () => {
    const lines: unknown[] = [];
    for (const level of ["error", "warn", "info", "log", "debug"] as const) {
      vi.spyOn(console, level).mockImplementation((...line) => void lines.push(...line));
    }
    const { owner, account, email, uuid, job } = await made();
    const closed = new Mailbox();
    closed.failing = true;
    await deliverMailJobs([job], { MAIL: closed.binding });
    await deliverMailJobs([job], { MAIL: closed.binding, DB: failingAfter(closed, true) });
    const refusing: Queue = { ...delayedQueue, send: () => Promise.reject(new Error(email)) };
    await moveSentAt(account, email, minute);
    await owner.via(workerWith({ JOBS: refusing })).post(invitationPath(uuid));
    const token = await invitationTokenOf(uuid);
    const post = new Mailbox();
    await deliverMailJobs([{ kind: "mail-invitation", uuid, version: 2 }], { MAIL: post.binding });
    expect(post.sent).toHaveLength(1);
    const broken = owner.via(workerWith({ DB: failingAfter(closed, true) }));
    expect((await broken.post("/api/v1/invites/preview", { token })).status).toBe(500);
    expect((await broken.post("/api/v1/invites/accept", { token })).status).toBe(500);
    expect(lines.length).toBeGreaterThan(3);

    const shown = [
      await owner.get(invitationListPath(account)),
      await owner.get(invitationPath(uuid)),
      await owner.get(`/api/v1/account/${account.slug}/invites`),
      await owner.get(`/api/v1/account/${account.slug}/audit`),
    ].map(({ text }) => text);
    const stored = JSON.stringify(
      await runStatements(["SELECT * FROM invites"], ["SELECT * FROM audit_rows"]),
    );
    const logged = JSON.stringify(lines);
    const local = email.split("@", 1)[0] ?? "";
    for (const said of [logged, JSON.stringify(job)]) expect(said).not.toContain(local);
    for (const secret of [token, await invitationTokenOf(uuid, 1)]) {
      // The part of it that nobody could make up.
      const signature = secret.slice(-40);
      for (const said of [logged, JSON.stringify(job), stored, ...shown])
        expect(said).not.toContain(signature);
      expect(logged).not.toContain(inviteSecretKey());
    }
  });
});

describe("an e-mail address", () => {
  const limited: Partial<Env> = { RATE_LIMITS: "on" };
  /** Invitations of one address by as many accounts, and what the queue was asked for them. */
  async function invitedBy(count: number, email: string): Promise<unknown[]> {
    const owner = await createUser();
    for (let at = 0; at < count; at += 1) {
      await inviteTo(jobs.via(owner), await createAccount(owner), { email });
    }
    return jobs.take();
  }

  it("an e-mail address receives twenty mails per day from all accounts together; others wait", async () => {
    const email = uniqueEmail();
    const asked = await invitedBy(25, email);
    const post = new Mailbox();
    const change = { ...limited, MAIL: post.binding };
    const runs = await Promise.all(asked.map((job) => deliverMailJobs([job], change)));
    expect(runs).toEqual(asked.map(() => done));
    expect(post.recipients).toEqual(Array.from({ length: 20 }, () => email));
    expect(
      await queryRow("SELECT count(*) AS count FROM invites WHERE email = ? AND mailed_at IS NULL", email),
    ).toEqual({ count: 5 });

    // Another day.
    await runStatements(["UPDATE mailed_addresses SET day = day - 1 WHERE email_key = ?", email]);
    await deliverMailJobs(asked, change);
    expect(post.sent).toHaveLength(25);
  });

  it("an e-mail address receives all mails if limits are off", async () => {
    const email = uniqueEmail();
    const asked = await invitedBy(3, email);
    await runStatements([
      "INSERT INTO mailed_addresses (day, email_key, mails) VALUES (?, ?, 20)",
      Math.floor(Date.now() / 86_400_000),
      email,
    ]);
    const post = new Mailbox();
    await deliverMailJobs(asked, { ...limited, MAIL: post.binding });
    expect(post.sent).toEqual([]);
    await deliverMailJobs(await invitedBy(1, `${unique()}@example.com`), { ...limited, MAIL: post.binding });
    expect(post.sent).toHaveLength(1);
    await deliverMailJobs(asked, { MAIL: post.binding });
    expect(post.sent).toHaveLength(4);
  });

  it("an e-mail address is not charged for failed mails, nor refunded by deleting the account", async () => {
    const email = uniqueEmail();
    vi.spyOn(console, "error").mockReturnValue();
    const owner = await createUser();
    const account = await createAccount(owner);
    await inviteTo(jobs.via(owner), account, { email });
    const asked = jobs.take();
    const post = new Mailbox();
    post.failing = true;
    for (let time = 0; time < 25; time += 1) await deliverMailJobs(asked, { ...limited, MAIL: post.binding });
    post.failing = false;
    await deliverMailJobs(asked, { ...limited, MAIL: post.binding });
    expect(post.sent).toHaveLength(1);
    await owner.via(workerWith({ JOBS: delayedQueue })).delete(`/api/v1/account/${account.slug}`);
    expect(await queryRow("SELECT mails FROM mailed_addresses WHERE email_key = ?", email)).toEqual({
      mails: 1,
    });
  });
});

it("an invitation of a blocked account is mailed, because the account may be unblocked before it is read", async () => {
  const { account, job } = await made();
  await setAccount(account, { blocking_state: "manager" });
  const post = new Mailbox();
  await deliverMailJobs([job], { MAIL: post.binding });
  expect(post.sent).toHaveLength(1);
});

it("the mail of an invited owner names that role", async () => {
  const { account, job } = await made("AOWNER");
  const post = new Mailbox();
  await deliverMailJobs([job], { MAIL: post.binding });
  expect(post.sent[0]?.text).toContain(`join ${account.title} as owner.`);
});

type Made = { owner: Caller; account: TestAccount; email: string; uuid: string };

/** Returns a database that fails after a mail was sent, or immediately. */
function failingAfter(post: Mailbox, already = false): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...values: unknown[]) => {
        if (already || post.sent.length > 0) throw new Error(`out of order ${JSON.stringify(values)}`);
        return value.apply(target, values) as unknown;
      };
    },
  });
}
