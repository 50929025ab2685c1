/** The snapshot of an account's usage in D1. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { DatabaseMeter as Counter } from "../../support/cost-meter.ts";
import { insertAccountOf, insertUser, queryRow, runStatements } from "../../support/database.ts";
import { day, noon, TestMeter } from "../../support/usage-meter.ts";

// Alarms use the machine's clock. With times in the future, they run only when the test runs them.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: noon }));
afterEach(() => void vi.useRealTimers());

const may = Date.UTC(2040, 4, 1);
const june = Date.UTC(2040, 5, 1);
const ring = (meter: TestMeter) => runDurableObjectAlarm(meter.stub);

async function meterOfAccount(): Promise<TestMeter> {
  return new TestMeter((await insertAccountOf(await insertUser())).uuid);
}

function snapshotOf(meter: TestMeter) {
  return queryRow(
    "SELECT usage, usage_period, current_kbs, quota_until FROM accounts WHERE uuid = ?",
    meter.uuid,
  );
}

/** Replaces the database of a meter while `work` runs. */
async function withDatabase(
  meter: TestMeter,
  database: D1Database,
  work: () => Promise<unknown>,
): Promise<void> {
  const put = (DB: D1Database) =>
    runInDurableObject(meter.stub, (instance) => void Object.assign(instance, { env: { ...env, DB } }));
  await put(database);
  await work();
  await put(env.DB);
}

describe("the snapshot in D1", () => {
  it("the snapshot in D1 has usage, month and number of knowledge boxes", async () => {
    const meter = await meterOfAccount();
    await meter.increment(5, { limit: 6 });
    await meter.record([{ id: "a", knowledgebox: "one" }]);
    expect(await snapshotOf(meter)).toEqual({
      usage: 0,
      usage_period: null,
      current_kbs: 0,
      quota_until: null,
    });
    await ring(meter);
    expect(await snapshotOf(meter)).toEqual({
      usage: 5,
      usage_period: may,
      current_kbs: 1,
      quota_until: null,
    });
    await meter.increment(2, {}, june);
    await ring(meter);
    expect(await snapshotOf(meter)).toEqual({
      usage: 2,
      usage_period: june,
      current_kbs: 1,
      quota_until: null,
    });
  });

  it("the snapshot in D1 has the end of the quota, whether the limit is enforced or not", async () => {
    const refusing = await meterOfAccount();
    await refusing.increment(5, { limit: 5 });
    await ring(refusing);
    expect(await snapshotOf(refusing)).toMatchObject({ usage: 5, quota_until: june });
    await refusing.increment(1, { limit: 5 }, june);
    await ring(refusing);
    expect(await snapshotOf(refusing)).toMatchObject({ usage: 1, quota_until: null });

    const allowing = await meterOfAccount();
    await allowing.increment(9, { limit: 5, enforcement: "allow" });
    await ring(allowing);
    expect(await snapshotOf(allowing)).toMatchObject({ usage: 9, quota_until: june });
  });

  it("the snapshot in D1 is updated soon after a limit was raised, lowered or removed", async () => {
    const meter = await meterOfAccount();
    const quota = async () => {
      await ring(meter);
      return (await snapshotOf(meter))?.["quota_until"];
    };
    const limitChanged = (limit: number | null) =>
      meter.stub.setLimit({ accountUuid: meter.uuid, limit }, noon);
    await limitChanged(0);
    expect(await quota()).toBe(8.64e15);
    await meter.increment(5, { limit: 10 });
    expect(await quota()).toBeNull();
    await limitChanged(5);
    expect(await meter.alarmAt()).toBe(noon + 2_000);
    expect(await quota()).toBe(june);
    await limitChanged(6);
    expect(await quota()).toBeNull();
    await meter.increment(1, { limit: 4 });
    expect(await quota()).toBe(june);
    await limitChanged(null);
    expect(await quota()).toBeNull();
    expect(await meter.state()).toMatchObject({ usage: 5 });
  });

  it("the snapshot in D1 is not written if nothing differs", async () => {
    const meter = await meterOfAccount();
    await meter.increment(5, { limit: 5 });
    const counter = new Counter(env.DB);
    const written = async () => {
      await withDatabase(meter, counter.database, () => ring(meter));
      const { rowsWritten, roundTrips } = counter.read();
      return { rowsWritten, roundTrips };
    };
    expect(await written()).toEqual({ rowsWritten: 1, roundTrips: 1 });
    expect(await written()).toEqual({ rowsWritten: 0, roundTrips: 1 });
    await meter.record([{ id: "a" }]);
    expect(await written()).toEqual({ rowsWritten: 0, roundTrips: 1 });
  });

  it("the snapshot in D1 is updated within seconds if clients see the change, and within half a minute for the counter", async () => {
    const meter = await meterOfAccount();
    await meter.increment(4, { limit: 5 });
    expect(await meter.alarmAt()).toBe(noon + 30_000);
    await meter.increment(1, { limit: 5 });
    expect(await meter.alarmAt()).toBe(noon + 2_000);
    await ring(meter);
    await meter.record([{ id: "a", knowledgebox: "one" }]);
    expect(await meter.alarmAt()).toBe(noon + 2_000);
    const full = await meterOfAccount();
    await full.increment(5, { limit: 5 });
    expect(await full.alarmAt()).toBe(noon + 2_000);
  });

  it("the snapshot in D1 is corrected within a day if it differs", async () => {
    const meter = await meterOfAccount();
    await meter.increment(5);
    await ring(meter);
    await runStatements(["UPDATE accounts SET usage = 77, quota_until = 1 WHERE uuid = ?", meter.uuid]);
    expect(await meter.alarmAt()).toBe(noon + day);
    await ring(meter);
    expect(await snapshotOf(meter)).toMatchObject({ usage: 5, quota_until: null });
  });

  it("the snapshot in D1 is updated later if the database failed, with all changes since", async () => {
    const meter = await meterOfAccount();
    await meter.increment(5);
    const broken = new Proxy(env.DB, {
      get: () => () => {
        throw new Error("out of order");
      },
    });
    const written: unknown[] = [];
    const listening = vi.spyOn(console, "error").mockImplementation((line) => written.push(line));
    await withDatabase(meter, broken, () => ring(meter));
    expect(await meter.alarmAt()).toBe(noon + 30_000);
    await withDatabase(meter, broken, () => ring(meter));
    expect(await meter.alarmAt()).toBe(noon + 30_000);
    listening.mockRestore();
    expect(written).toEqual(
      Array.from({ length: 2 }, () => ({ event: "usage_sync_failed", error: "Error" })),
    );
    await meter.increment(2);
    expect(await meter.alarmAt()).toBe(noon + 30_000);
    await meter.evict();
    await ring(meter);
    expect(await snapshotOf(meter)).toMatchObject({ usage: 7 });
    expect(await meter.alarmAt()).toBe(noon + day);
  });

  it("includes increments made during an update", async () => {
    const meter = await meterOfAccount();
    await meter.increment(5);
    await whileTold(meter, () => meter.increment(2));
    expect(await snapshotOf(meter)).toMatchObject({ usage: 5 });
    expect(await meter.alarmAt()).toBe(noon + 30_000);
    await ring(meter);
    expect(await snapshotOf(meter)).toMatchObject({ usage: 7 });
  });

  it("the snapshot in D1 is not written for a deleted account, and an object erased meanwhile stays empty", async () => {
    const meter = await meterOfAccount();
    await meter.increment(5);
    await whileTold(meter, async () => {
      await runStatements(["DELETE FROM accounts WHERE uuid = ?", meter.uuid]);
      await meter.stub.erase();
    });
    expect(await snapshotOf(meter)).toBeUndefined();
    expect(await meter.alarmAt()).toBeNull();
    expect(await meter.rows("SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([]);
  });
});

/** Runs `work` while the meter updates D1. */
async function whileTold(meter: TestMeter, work: () => Promise<unknown>): Promise<void> {
  const slow = pausing();
  await withDatabase(meter, slow.database, async () => {
    const ringing = ring(meter);
    await slow.asked;
    await work();
    slow.goOn();
    await ringing;
  });
}

/** Returns the database with responses that wait until they are released. */
function pausing() {
  let goOn = () => {};
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let ask = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const database = new Proxy(env.DB, {
    get(target, name) {
      if (name !== "prepare") return Reflect.get(target, name, target) as unknown;
      return (sql: string) => ({
        bind: (...parameters: unknown[]) => ({
          run: async () => {
            ask();
            await going;
            return target
              .prepare(sql)
              .bind(...parameters)
              .run();
          },
        }),
      });
    },
  });
  return { database, asked, goOn: () => goOn() };
}
