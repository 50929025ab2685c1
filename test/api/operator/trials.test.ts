/** The cron trigger expires trials. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { DatabaseMeter } from "../../support/cost-meter.ts";
import { insertUser, queryRow, runStatements, setAccount } from "../../support/database.ts";
import {
  createAccount,
  createOperator,
  createUser,
  type TestAccount,
  unique,
} from "../../support/fixtures.ts";
import { accountPath, auditChangesOf, blockingPath, getBody } from "../../support/operator.ts";
import { runCron } from "../../support/queue-and-cron.ts";

const minute = 60 * 1000;
const day = 24 * 60 * minute;

/** Creates an account whose trial ends in some milliseconds. */
async function onTrial(left: number, columns: Record<string, unknown> = {}) {
  const owner = await createUser();
  const account = await createAccount(owner);
  await setAccount(account, { trial_expires_at: Date.now() + left, ...columns });
  return { owner, account };
}

/** Returns an account's state, version and audit rows after its creation. */
async function outcome({ id }: TestAccount) {
  const stored = await queryRow("SELECT blocking_state, version FROM accounts WHERE uuid = ?", id);
  return { ...stored, changes: (await auditChangesOf(`account:${id}`)).slice(1) };
}

const ended = {
  blocking_state: "trial_expired",
  version: 2,
  changes: [
    {
      actor: "system",
      action: "account.updated",
      changes: { blocking_state: ["unblocked", "trial_expired"] },
    },
  ],
};
const untouched = { blocking_state: "unblocked", version: 1, changes: [] };

interface Many {
  /** Prefix of their slugs. */
  readonly prefix: string;
  readonly count: number;
  /** Column values as SQL, in which `n` counts from 0. */
  readonly trial?: string;
  readonly state?: string;
}

/** Inserts many accounts, with a trial by default. */
async function store({ prefix, count, trial = "null", state = "'unblocked'" }: Many): Promise<void> {
  await runStatements([
    `INSERT INTO accounts (uuid, slug, title, title_key, type, created_by, created_at, trial_expires_at, blocking_state)
     WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < cast(?1 AS INTEGER))
     SELECT ?2 || '-uuid-' || n, ?2 || '-' || n, 'Many', 'many', 'stash-trial', ?3, 0, ${trial}, ${state} FROM numbers`,
    count,
    prefix,
    await insertUser(),
  ]);
}

/** Returns the number of accounts with a prefix by state, version and number of audit rows. */
async function outcomes(prefix: string): Promise<unknown> {
  const [rows] = await runStatements([
    `SELECT blocking_state, version, audited, count(*) AS accounts FROM (
       SELECT blocking_state, version, (SELECT count(*) FROM audit_rows WHERE account_id = accounts.id) AS audited
       FROM accounts WHERE substr(slug, 1, length(?1)) = ?1
     ) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    prefix,
  ]);
  return rows;
}

const past = () => String(Date.now() - day);

describe("an expired trial", () => {
  it("an expired trial blocks its account, as a change by the system in its audit log", async () => {
    const { owner, account } = await onTrial(-minute);
    const tag = (await owner.get(`/api/v1/account/${account.id}`)).headers.get("ETag");
    await runCron();
    expect(await outcome(account)).toEqual(ended);
    const now = await owner.get(`/api/v1/account/${account.id}`);
    expect(now.body).toMatchObject({ blocking_state: "trial_expired" });
    expect(now.headers.get("ETag")).not.toBe(tag);
    expect((await owner.patch(`/api/v1/account/${account.id}`, { title: "No" })).status).toBe(403);
    const { items } = await getBody(owner, `/api/v1/account/${account.id}/audit`);
    expect(items[0]).toMatchObject({ ...ended.changes[0], target: `account:${account.id}` });
    expect(await getBody(await createOperator(), accountPath(account))).toMatchObject({
      blocking_state: "trial_expired",
    });
  });

  it("a trial expires exactly at its end", async () => {
    const now = Date.now();
    const [over, lasting] = [await onTrial(0), await onTrial(0)];
    await setAccount(over.account, { trial_expires_at: now });
    await setAccount(lasting.account, { trial_expires_at: now + 1 });
    await runCron(now);
    expect(await outcome(over.account)).toEqual(ended);
    expect(await outcome(lasting.account)).toEqual(untouched);
  });

  it("no account is blocked for a trial that is running, missing or of a blocked account", async () => {
    const states = ["manager", "trial_expired", "budget", "subscription_canceled", "subscription_unpaid"];
    const blocked = [];
    for (const blocking_state of states) blocked.push(await onTrial(-minute, { blocking_state }));
    const [going, without] = [await onTrial(minute), await onTrial(0, { trial_expires_at: null })];
    await runCron();
    expect(await outcome(going.account)).toEqual(untouched);
    expect(await outcome(without.account)).toEqual(untouched);
    for (const [at, { account }] of blocked.entries())
      expect(await outcome(account)).toEqual({ ...untouched, blocking_state: states[at] });
  });

  it("an account at its quota is blocked when its trial expires", async () => {
    const { account } = await onTrial(-minute, { quota_until: Date.now() + day });
    await runCron();
    expect(await outcome(account)).toEqual(ended);
  });

  it("an account that an operator has unblocked is not blocked again", async () => {
    const root = await createOperator();
    for (const blocking_state of ["trial_expired", "manager", "unblocked"]) {
      const { owner, account } = await onTrial(-minute, { blocking_state });
      const { body } = await root.patch(blockingPath(account), { blocking_state: "unblocked" });
      expect(body).toMatchObject({ blocking_state: "unblocked", trial_expiration_date: null });
      const changes = (await auditChangesOf(`account:${account.id}`)).at(-1)?.changes;
      expect(changes).toMatchObject({ trial_expires_at: [expect.any(Number), null] });
      await runCron();
      expect(await getBody(owner, `/api/v1/account/${account.id}`)).toMatchObject({
        blocking_state: "unblocked",
        trial_expiration_date: null,
      });
    }
  });

  it("an account that an operator has unblocked earlier is blocked when its trial expires", async () => {
    const root = await createOperator();
    const { account } = await onTrial(day, { blocking_state: "manager" });
    const before = (await getBody(root, accountPath(account))).trial_expiration_date;
    const { body } = await root.patch(blockingPath(account), { blocking_state: "unblocked" });
    expect(body).toMatchObject({ blocking_state: "unblocked", trial_expiration_date: before });
    await runCron();
    expect(await getBody(root, accountPath(account))).toEqual(body);
  });

  it("an account of a plan without a trial is blocked if an operator has set an end", async () => {
    const root = await createOperator();
    const { account } = await onTrial(day);
    await root.patch(accountPath(account), { type: "v3pro", trial_expiration_date: "2020-01-31" });
    await runCron();
    expect(await getBody(root, accountPath(account))).toMatchObject({
      type: "v3pro",
      blocking_state: "trial_expired",
    });
  });
});

describe("many expired trials", () => {
  it("many trials expire in one run, in steps, with one audit row each", async () => {
    const prefix = unique("due");
    await store({ prefix, count: 450, trial: past() });
    const meter = new DatabaseMeter(env.DB);
    await runCron(Date.now(), { DB: meter.database });
    expect(await outcomes(prefix)).toEqual([
      { blocking_state: "trial_expired", version: 2, audited: 1, accounts: 450 },
    ]);
    const updates = meter.read().statements.filter(({ sql }) => /^update "accounts"/i.test(sql));
    expect(updates.length).toBeGreaterThan(1);
    expect(updates.length).toBeLessThan(5);
    const [ids] = await runStatements([
      "SELECT count(DISTINCT id) AS ids FROM audit_rows WHERE actor = 'system'",
    ]);
    const [rows] = await runStatements(["SELECT count(*) AS ids FROM audit_rows WHERE actor = 'system'"]);
    expect(ids).toEqual(rows);
  });

  it("a trial expires once, however often the cron trigger runs", async () => {
    const prefix = unique("twice");
    await store({ prefix, count: 250, trial: past() });
    await runCron();
    await runCron();
    const once = [{ blocking_state: "trial_expired", version: 2, audited: 1, accounts: 250 }];
    expect(await outcomes(prefix)).toEqual(once);
    const again = unique("atonce");
    await store({ prefix: again, count: 450, trial: past() });
    await Promise.all([runCron(), runCron(), runCron()]);
    expect(await outcomes(again)).toEqual([{ ...once[0], accounts: 450 }]);
    expect(await outcomes(prefix)).toEqual(once);
  });

  it("running trials cost the cron trigger nothing", async () => {
    const meter = new DatabaseMeter(env.DB);
    const cost = async () => {
      await runCron(Date.now(), { DB: meter.database });
      const { rowsRead, rowsWritten, roundTrips } = meter.read();
      return { rowsRead, rowsWritten, roundTrips };
    };
    await cost();
    const before = await cost();
    const future = String(Date.now() + day);
    await store({ prefix: unique("future"), count: 2_000, trial: future });
    await store({ prefix: unique("blocked"), count: 1_000, trial: past(), state: "'manager'" });
    await store({ prefix: unique("without"), count: 1_000 });
    expect(await cost()).toEqual(before);
    expect(before.rowsRead).toBeLessThan(20);
  });
});
