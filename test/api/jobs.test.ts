/** The cleanup after an account's deletion, through the queue and the cron trigger. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";

import type { Env } from "../../src/env.ts";
import { delayedQueue, usageObjectsWith } from "../support/cost-meter.ts";
import { inviteInsert, insertUser, memberInsert, queryRow, runStatements } from "../support/database.ts";
import { type Caller, createAccount, createUser, type TestAccount, unique } from "../support/fixtures.ts";
import { deliverJobs, jobDone, jobRetried, runCron } from "../support/queue-and-cron.ts";
import { workerWith } from "../support/worker.ts";

/** A worker whose queue delivers nothing. Each test runs the job itself. */
const quietly = workerWith({ JOBS: delayedQueue });
const minute = 60 * 1000;

/** Creates an account with data in the database, the bucket and the usage object. */
async function furnish(made: TestAccount, auditRows = 3): Promise<number> {
  const id = Number((await queryRow("SELECT id FROM accounts WHERE uuid = ?", made.id))?.["id"]);
  await runStatements(memberInsert(id, await insertUser()), inviteInsert(id, `${unique()}@example.com`), [
    `INSERT INTO audit_rows (account_id, at, actor, action, target, changes, request_id)
     WITH RECURSIVE made (left) AS (SELECT cast(?1 AS INTEGER) UNION ALL SELECT left - 1 FROM made WHERE left > 1)
     SELECT cast(?2 AS INTEGER), 0, 'actor', 'some.deed', 'target', '{}', 'request' FROM made`,
    auditRows,
    id,
  ]);
  for (const name of ["logo", "older", "oldest"]) await env.LOGOS.put(`accounts/${made.id}/${name}`, name);
  await runInDurableObject(meterOf(made.id), async (_meter, { storage }) => {
    await storage.put("key", made.id);
    await storage.setAlarm(Date.now() + 60 * minute);
  });
  return id;
}

function meterOf(uuid: string) {
  return env.USAGE.get(env.USAGE.idFromName(uuid));
}

/** Returns the data of an account in all places. */
async function remains(made: TestAccount, id: number) {
  const [members, invites, audit, searchable, erasures] = await runStatements(
    ["SELECT count(*) AS count FROM memberships WHERE account_id = ?", id],
    ["SELECT count(*) AS count FROM invites WHERE account_id = ?", id],
    ["SELECT count(*) AS count FROM audit_rows WHERE account_id = ?", id],
    ["SELECT count(*) AS count FROM accounts_search WHERE accounts_search MATCH ?", `"${made.slug}"`],
    ["SELECT count(*) AS count FROM erasures WHERE account_uuid = ?", made.id],
  );
  const { objects } = await env.LOGOS.list({ prefix: `accounts/${made.id}/` });
  const usage = await runInDurableObject(meterOf(made.id), async (_meter, { storage }) => ({
    keys: (await storage.list()).size,
    alarm: (await storage.getAlarm()) !== null,
  }));
  return {
    members: members?.[0]?.["count"],
    invites: invites?.[0]?.["count"],
    audit: audit?.[0]?.["count"],
    searchable: searchable?.[0]?.["count"],
    erasures: erasures?.[0]?.["count"],
    logos: objects.length,
    usage,
  };
}

const nothing = {
  members: 0,
  invites: 0,
  audit: 0,
  searchable: 0,
  erasures: 0,
  logos: 0,
  usage: { keys: 0, alarm: false },
};

/** Creates and deletes an account without its cleanup. */
async function deletedAccount(auditRows?: number): Promise<{ owner: Caller; made: TestAccount; id: number }> {
  const owner = await createUser();
  const made = await createAccount(owner);
  const id = await furnish(made, auditRows);
  const { status } = await owner.via(quietly).delete(`/api/v1/account/${made.id}`);
  expect(status).toBe(204);
  return { owner, made, id };
}

const erasureOf = ({ id }: TestAccount) => ({ kind: "erase-account", accountUuid: id });

/** Returns a binding in which some methods fail. */
function failing<Binding extends object>(binding: Binding, ...methods: (keyof Binding)[]): Binding {
  return new Proxy(binding, {
    get(target, name) {
      if (methods.some((method) => method === name)) {
        return () => {
          throw new Error("out of order");
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Returns a queue that records its jobs. */
function writingDown(): { queue: Queue; sent: unknown[] } {
  const sent: unknown[] = [];
  const queue: Queue = {
    ...delayedQueue,
    send: (message, options) => {
      sent.push(message);
      return delayedQueue.send(message, options);
    },
  };
  return { queue, sent };
}

describe("deleting an account", () => {
  it.each([
    { api: "accounts", path: (uuid: string) => `/api/v1/account/${uuid}` },
    { api: "organizations", path: (uuid: string) => `/accounts/organizations/${uuid}/` },
  ])(
    "an account deleted through the $api API loses its rows at once, and its cleanup is queued",
    async ({ path }) => {
      const owner = await createUser();
      const made = await createAccount(owner);
      const id = await furnish(made);
      const before = Date.now();
      const { queue, sent } = writingDown();
      expect((await owner.via(workerWith({ JOBS: queue })).delete(path(made.id))).status).toBe(204);

      expect(await remains(made, id)).toEqual({
        members: 0,
        invites: 0,
        searchable: 0,
        erasures: 1,
        audit: 4,
        logos: 3,
        usage: { keys: 1, alarm: true },
      });
      expect(sent).toEqual([erasureOf(made)]);
      const erasure = await queryRow(
        "SELECT account_id, asked_at FROM erasures WHERE account_uuid = ?",
        made.id,
      );
      expect(erasure?.["account_id"]).toBe(id);
      expect(erasure?.["asked_at"]).toBeGreaterThanOrEqual(before);
      expect(erasure?.["asked_at"]).toBeLessThanOrEqual(Date.now());
    },
  );

  it("the deletion is in an audit row that outlives the account's audit log", async () => {
    const { made } = await deletedAccount();
    await deliverJobs([erasureOf(made)]);
    const rows = await runStatements([
      "SELECT account_id, action FROM audit_rows WHERE target = ? ORDER BY id",
      `account:${made.id}`,
    ]);
    expect(rows).toEqual([[{ account_id: null, action: "account.deleted" }]]);
  });

  it("a rejected deletion queues no cleanup", async () => {
    const owner = await createUser();
    const made = await createAccount(owner);
    const id = await furnish(made);
    const before = await remains(made, id);
    const { queue, sent } = writingDown();
    const outsider = (await createUser()).via(workerWith({ JOBS: queue }));
    expect((await outsider.delete(`/api/v1/account/${made.id}`)).status).toBe(403);
    expect(sent).toEqual([]);
    expect(await remains(made, id)).toEqual(before);
    expect(before.erasures).toBe(0);
  });

  it("a deletion is answered 204 if the queue fails, and the cron trigger finds its row later", async () => {
    const owner = await createUser();
    const made = await createAccount(owner);
    const id = await furnish(made);
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const broken = workerWith({ JOBS: failing(env.JOBS, "send", "sendBatch") });
    const { status, text } = await owner.via(broken).delete(`/api/v1/account/${made.id}`);
    silent.mockRestore();
    expect({ status, text }).toEqual({ status: 204, text: "" });
    expect(await remains(made, id)).toMatchObject({ members: 0, erasures: 1, logos: 3 });

    const { queue, sent } = writingDown();
    await runCron(Date.now() + 6 * minute, { JOBS: queue });
    expect(sent).toContainEqual(erasureOf(made));
    expect(await deliverJobs([erasureOf(made)])).toEqual(jobDone);
    expect(await remains(made, id)).toEqual(nothing);
  });

  it("a deleted account is cleaned up completely without further requests", async () => {
    const owner = await createUser();
    const made = await createAccount(owner);
    const id = await furnish(made);
    expect((await owner.delete(`/api/v1/account/${made.id}`)).status).toBe(204);
    await vi.waitFor(async () => expect((await remains(made, id)).erasures).toBe(0), {
      timeout: 15_000,
      interval: 200,
    });
    expect(await remains(made, id)).toEqual(nothing);
  });
});

describe("the cleanup of an account", () => {
  it("the cleanup removes the account's logos, usage and audit log, its own row last, and no other data [R49]", async () => {
    const { owner, made, id } = await deletedAccount(2_500);
    const neighbour = await createAccount(owner);
    const neighbourId = await furnish(neighbour);
    const before = await remains(neighbour, neighbourId);
    expect(await deliverJobs([erasureOf(made)])).toEqual(jobDone);
    expect(await remains(made, id)).toEqual(nothing);
    expect(await remains(neighbour, neighbourId)).toEqual(before);
    expect(before).toEqual({
      members: 2,
      invites: 1,
      audit: 4,
      searchable: 1,
      erasures: 0,
      logos: 3,
      usage: { keys: 1, alarm: true },
    });
    expect((await owner.get(`/api/v1/account/${neighbour.id}`)).status).toBe(200);
  });

  it("the cleanup does not affect a new account with the old slug", async () => {
    const { owner, made, id } = await deletedAccount();
    const successor = await createAccount(owner, { slug: made.slug });
    expect(successor.slug).toBe(made.slug);
    const successorId = await furnish(successor);
    const before = await remains(successor, successorId);
    expect(await deliverJobs([erasureOf(made)])).toEqual(jobDone);
    expect(await remains(successor, successorId)).toEqual(before);
    expect(await remains(made, id)).toEqual({ ...nothing, searchable: 1 });
  });

  it("the cleanup can run any number of times, one after another and simultaneously", async () => {
    const { made, id } = await deletedAccount();
    expect(await deliverJobs([erasureOf(made), erasureOf(made)])).toEqual({
      acknowledged: ["0", "1"],
      retried: [],
    });
    expect(await deliverJobs([erasureOf(made)])).toEqual(jobDone);
    expect(await remains(made, id)).toEqual(nothing);

    const second = await deletedAccount();
    const runs = await Promise.all(Array.from({ length: 4 }, () => deliverJobs([erasureOf(second.made)])));
    expect(runs).toEqual([jobDone, jobDone, jobDone, jobDone]);
    expect(await remains(second.made, second.id)).toEqual(nothing);
  });

  it("the cleanup does nothing for an account that exists", async () => {
    const made = await createAccount(await createUser());
    const id = await furnish(made);
    const before = await remains(made, id);
    expect(await deliverJobs([erasureOf(made)])).toEqual(jobDone);
    expect(await remains(made, id)).toEqual(before);
  });

  const accidents: Record<string, () => Partial<Env>> = {
    "the logos cannot be listed": () => ({ LOGOS: failing(env.LOGOS, "list") }),
    "the logos cannot be deleted": () => ({ LOGOS: failing(env.LOGOS, "delete") }),
    "the usage object cannot be reached": () => ({ USAGE: failing(env.USAGE, "get", "getByName") }),
    "the database fails before anything": () => ({ DB: failing(env.DB, "prepare", "batch") }),
    "the database fails once the logos and the usage are gone": () => {
      let prepared = 0;
      const database = new Proxy(env.DB, {
        get(target, name) {
          if (name !== "prepare") return Reflect.get(target, name, target) as unknown;
          return (sql: string) => {
            prepared += 1;
            if (prepared > 1) throw new Error("out of order");
            return target.prepare(sql);
          };
        },
      });
      return { DB: database };
    },
  };
  it.each(Object.entries(accidents))(
    "the cleanup is retried if %s, and then completes",
    async (_what, breaking) => {
      const { made, id } = await deletedAccount();
      const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
      expect(await deliverJobs([erasureOf(made)], breaking())).toEqual(jobRetried);
      expect(await deliverJobs([erasureOf(made)], breaking(), 2)).toEqual({
        acknowledged: [],
        retried: [{ id: "0", delaySeconds: 20 }],
      });
      silent.mockRestore();
      expect((await remains(made, id)).erasures).toBe(1);
      expect(await deliverJobs([erasureOf(made)], {}, 3)).toEqual(jobDone);
      expect(await remains(made, id)).toEqual(nothing);
    },
  );

  it("a failing cleanup does not stop the others of its batch, and is retried after at most a quarter of an hour", async () => {
    const { made, id } = await deletedAccount();
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const bodies = [{ kind: "something-newer" }, erasureOf(made), { kind: "something-newer" }];
    expect(await deliverJobs(bodies, {}, 12)).toEqual({
      acknowledged: ["1"],
      retried: [
        { id: "0", delaySeconds: 900 },
        { id: "2", delaySeconds: 900 },
      ],
    });
    silent.mockRestore();
    expect(await remains(made, id)).toEqual(nothing);
  });
});

describe("the second cleanup", () => {
  const leftoversOf = ({ id }: TestAccount) => ({ kind: "clean-up-stragglers", accountUuid: id });

  it("data written by a request that started before the deletion is removed a minute later", async () => {
    const owner = await createUser();
    const made = await createAccount(owner);
    const id = await furnish(made);
    const { queue, sent } = writingDown();
    // The increment has read the account and calls the object during the deletion.
    const { promise: seen, resolve: arrived } = Promise.withResolvers<void>();
    const { promise: gone, resolve: proceed } = Promise.withResolvers<void>();
    const slow = usageObjectsWith(async (call) => {
      arrived();
      await gone;
      return call();
    });
    const late = owner
      .via(workerWith({ USAGE: slow }))
      .post(`/accounts/organizations/${made.id}/increment/`, { usage: 3 });
    await seen;
    expect((await owner.via(quietly).delete(`/api/v1/account/${made.id}`)).status).toBe(204);
    expect(await deliverJobs([erasureOf(made)], { JOBS: queue })).toEqual(jobDone);
    expect(sent).toEqual([leftoversOf(made)]);
    expect(await remains(made, id)).toEqual(nothing);

    proceed();
    expect((await late).status).toBe(200);
    expect((await remains(made, id)).usage).not.toEqual(nothing.usage);
    expect(await deliverJobs([leftoversOf(made)])).toEqual(jobDone);
    expect(await remains(made, id)).toEqual(nothing);
  });

  it("an account that exists keeps its data", async () => {
    const made = await createAccount(await createUser());
    const id = await furnish(made);
    const before = await remains(made, id);
    expect(await deliverJobs([leftoversOf(made)])).toEqual(jobDone);
    expect(await remains(made, id)).toEqual(before);
  });

  it("no row of a cleanup is deleted if the queue rejected its job", async () => {
    const { made, id } = await deletedAccount();
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await deliverJobs([erasureOf(made)], { JOBS: failing(env.JOBS, "send") })).toEqual(jobRetried);
    silent.mockRestore();
    expect(await remains(made, id)).toEqual({ ...nothing, erasures: 1 });
    expect(await deliverJobs([erasureOf(made)], {}, 2)).toEqual(jobDone);
    expect(await remains(made, id)).toEqual(nothing);
  });
});

describe("an unknown job", () => {
  it.each([
    { body: { kind: "something-newer" }, job: "something-newer" },
    { body: {}, job: "unknown" },
    { body: { kind: 7 }, job: "unknown" },
    { body: "erase-account", job: "unknown" },
    { body: null, job: "unknown" },
    { body: 42, job: "unknown" },
  ])("an unknown job such as $body is retried", async ({ body, job }) => {
    const written: unknown[] = [];
    const listening = vi.spyOn(console, "error").mockImplementation((line) => written.push(line));
    expect(await deliverJobs([body])).toEqual(jobRetried);
    listening.mockRestore();
    expect(written).toEqual([
      { event: "job_failed", job, attempts: 1, error: expect.stringMatching(/^(?:Type)?Error$/) },
    ]);
  });
});

describe("the cron trigger", () => {
  const now = Date.UTC(2026, 0, 31, 12);
  async function erasuresOf(...ages: number[]): Promise<string[]> {
    const uuids = ages.map(() => crypto.randomUUID());
    await runStatements(
      ["DELETE FROM erasures"],
      ...ages.map(
        (age, at) =>
          [
            "INSERT INTO erasures (account_uuid, account_id, asked_at) VALUES (?, 0, ?)",
            uuids[at] ?? "",
            now - age,
          ] as const,
      ),
    );
    return uuids;
  }

  it("the cron trigger queues cleanups again that have waited for more than five minutes, and no others", async () => {
    const [old, , , ancient] = await erasuresOf(5 * minute + 1, 5 * minute, 0, 24 * 60 * minute);
    const { queue, sent } = writingDown();
    await runCron(now, { JOBS: queue });
    const expected = [old, ancient].map((accountUuid) => ({ kind: "erase-account", accountUuid }));
    expect(sent).toHaveLength(2);
    expect(sent).toEqual(expect.arrayContaining(expected));
  });

  it("the cron trigger queues a cleanup again until it is completed", async () => {
    const [uuid = ""] = await erasuresOf(6 * minute);
    const { queue, sent } = writingDown();
    await runCron(now, { JOBS: queue });
    await runCron(now + 6 * minute, { JOBS: queue });
    expect(sent).toHaveLength(2);
    expect(await deliverJobs(sent)).toEqual({ acknowledged: ["0", "1"], retried: [] });
    expect(await queryRow("SELECT * FROM erasures WHERE account_uuid = ?", uuid)).toBe(undefined);
    await runCron(now + 12 * minute, { JOBS: queue });
    expect(sent).toHaveLength(2);
  });

  it("the cron trigger continues if the queue fails", async () => {
    await erasuresOf(6 * minute);
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await runCron(now, { JOBS: failing(env.JOBS, "send", "sendBatch") });
    silent.mockRestore();
    expect(await queryRow("SELECT count(*) AS count FROM erasures")).toEqual({ count: 1 });
  });

  it("the cron trigger reaches every cleanup in the end, however many fail before it", async () => {
    const uuids = await erasuresOf(...Array.from({ length: 250 }, (_, at) => (10 + at) * minute));
    const { queue, sent } = writingDown();
    for (let turn = 0; turn < 3; turn += 1) await runCron(now + turn * 6 * minute, { JOBS: queue });
    const reached = new Set(sent.map((job) => (job as { accountUuid: string }).accountUuid));
    expect(uuids.filter((uuid) => !reached.has(uuid))).toHaveLength(0);
    await runStatements(["DELETE FROM erasures"]);
  });
});
