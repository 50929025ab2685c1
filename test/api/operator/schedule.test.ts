/** The cron trigger deletes old idempotency keys, and continues if one of its tasks fails. */
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";

import { DatabaseMeter } from "../../support/cost-meter.ts";
import { insertUser, queryRow, runStatements, setAccount } from "../../support/database.ts";
import { createAccount, createOperator, createUser, unique } from "../../support/fixtures.ts";
import { accountChanges, newZone, zonesPath } from "../../support/operator.ts";
import { runCron } from "../../support/queue-and-cron.ts";
import { failingDatabase } from "../../support/worker.ts";

const day = 24 * 60 * 60 * 1000;

/** Inserts a user's idempotency keys. `age` is SQL for milliseconds, in which `n` counts from 0. */
async function storeKeys(now: number, count: number, age: string): Promise<number> {
  const user = await insertUser();
  await runStatements([
    `INSERT INTO idempotency_keys (user_id, operation, key, request_hash, answer, created_at)
     WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < cast(?1 AS INTEGER))
     SELECT ?2, 'createZone', 'key-' || n, 'hash', '{}', ?3 - (${age}) FROM numbers`,
    count,
    user,
    now,
  ]);
  return user;
}

async function keysOf(user: number): Promise<unknown[]> {
  const [rows] = await runStatements([
    "SELECT key FROM idempotency_keys WHERE user_id = ? ORDER BY created_at",
    user,
  ]);
  return (rows ?? []).map(({ key }) => key);
}

describe("idempotency keys", () => {
  it("the cron trigger deletes idempotency keys after 24 hours and not before", async () => {
    const now = Date.now();
    const user = await storeKeys(now, 4, `${day} + 1 - n`);
    await runCron(now);
    expect(await keysOf(user)).toEqual(["key-2", "key-3"]);
  });

  it("the cron trigger deletes any number of old keys in steps", async () => {
    const now = Date.now();
    const old = await storeKeys(now, 2_500, `${day} + n`);
    const young = await storeKeys(now, 3, "n");
    const meter = new DatabaseMeter(env.DB);
    await runCron(now, { DB: meter.database });
    expect(await keysOf(old)).toEqual([]);
    expect(await keysOf(young)).toHaveLength(3);
    const deletions = meter
      .read()
      .statements.filter(({ sql }) => /^delete from "idempotency_keys"/i.test(sql));
    expect(deletions.length).toBeGreaterThan(1);
    expect(deletions.length).toBeLessThan(6);
  });

  it("young keys cost the cron trigger nothing", async () => {
    const now = Date.now();
    const cost = async (old: number) => {
      if (old > 0) await storeKeys(now, old, String(day));
      const meter = new DatabaseMeter(env.DB);
      await runCron(now, { DB: meter.database });
      return meter.read().rowsRead;
    };
    await cost(1);
    const before = [await cost(0), await cost(1)];
    await storeKeys(now, 2_000, "n");
    expect([await cost(0), await cost(1)]).toEqual(before);
  });

  it("a deleted key can be used again", async () => {
    const root = await createOperator();
    const key = { headers: { "Idempotency-Key": unique("key") } };
    const make = () => root.post(zonesPath, newZone(), key);
    const first = await make();
    expect([first.status, (await make()).status]).toEqual([201, 422]);
    await runStatements(["UPDATE idempotency_keys SET created_at = created_at - ?", day]);
    await runCron();
    const second = await make();
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });
});

describe("a failing task of the cron trigger", () => {
  const cause = new Error("D1_ERROR: out of order: SQLITE_BUSY", { cause: new Error("hidden-value") });
  const fails = (table: string) => failingDatabase((sql) => sql.includes(table), cause);

  async function startAll() {
    const now = Date.now();
    const account = await createAccount(await createUser());
    await setAccount(account, { trial_expires_at: now - 1 });
    const user = await storeKeys(now, 1, String(day));
    const erasure = crypto.randomUUID();
    await runStatements([
      "INSERT INTO erasures (account_uuid, account_id, asked_at) VALUES (?, 0, 0)",
      erasure,
    ]);
    const done = async () => ({
      trial: (await accountChanges(account)).length === 1,
      key: (await keysOf(user)).length === 0,
      erasure:
        (await queryRow("SELECT asked_at FROM erasures WHERE account_uuid = ?", erasure))?.["asked_at"] !== 0,
    });
    return { now, done };
  }

  it.each([
    {
      table: "accounts_trial_due",
      task: "expireTrials",
      expected: { trial: false, key: true, erasure: true },
    },
    {
      table: "idempotency_keys",
      task: "deleteExpiredKeys",
      expected: { trial: true, key: false, erasure: true },
    },
    {
      table: "erasures",
      task: "requeueOverdueErasures",
      expected: { trial: true, key: true, erasure: false },
    },
  ])(
    "a failing task does not stop the others and is logged without values: $table",
    async ({ table, task, expected }) => {
      const { now, done } = await startAll();
      const written: unknown[] = [];
      const listening = vi.spyOn(console, "error").mockImplementation((line) => written.push(line));
      await expect(runCron(now, { DB: fails(table) })).rejects.toThrow(
        new Error(`Scheduled tasks failed: ${task}.`),
      );
      listening.mockRestore();
      const causes = expect.arrayContaining(["Error SQLITE_BUSY"]) as unknown;
      expect(written).toEqual([{ event: "task_failed", task, error: expect.any(String), causes }]);
      expect(JSON.stringify(written)).not.toContain("hidden-value");
      expect(await done()).toEqual(expected);
      await runCron(now);
      expect(await done()).toEqual({ trial: true, key: true, erasure: true });
    },
  );
});
