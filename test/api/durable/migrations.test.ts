/** The tables of a usage object: persistence, schema versions and erasure. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";

import { metrics } from "../../../src/domain/usage/usage.ts";
import { loadState } from "../../../src/durable/account-state.ts";
import { flushCurrentHour } from "../../../src/durable/increment.ts";
import {
  migrate,
  type Migration,
  migrations,
  requiredReaderVersion,
} from "../../../src/durable/migrations.ts";
import { day, hour, noon, statusOf, TestMeter } from "../../support/usage-meter.ts";

/** The schema version of code with one more migration. */
const newest = migrations.length + 1;

describe("the storage of a usage object", () => {
  it("the storage of a usage object survives a restart of the object [R41]", async () => {
    const meter = new TestMeter();
    const keyed = { key: { value: "k", requestHash: "body" } };
    await meter.increment(5, keyed);
    await meter.record([{ id: "a", knowledgebox: "kb" }]);
    await meter.evict();
    expect(await meter.state()).toMatchObject({ usage: 5, currentKnowledgeBoxes: 1 });
    await meter.evict();
    expect(await meter.increment(5, keyed)).toEqual({ kind: "counted", answer: statusOf(5) });
    expect(await meter.record([{ id: "a" }])).toMatchObject({ duplicates: 1 });
  });

  it("the storage of a usage object has a column for every metric", async () => {
    const meter = new TestMeter();
    await meter.increment(1);
    for (const table of ["hours", "days"]) {
      const columns = await meter.rows(`SELECT name FROM pragma_table_info('${table}')`);
      expect(columns.map(({ name }) => name)).toEqual(["knowledgebox", "at", ...metrics]);
    }
  });

  it("the storage of a usage object that requires newer code rejects every call except erase [R70]", async () => {
    const meter = new TestMeter();
    await meter.increment(5);
    expect(await meter.rows("SELECT schema_version, needs, account_uuid FROM meta")).toEqual([
      {
        schema_version: migrations.length,
        needs: requiredReaderVersion(migrations),
        account_uuid: meter.uuid,
      },
    ]);
    await withNewer(meter, {
      minReaderVersion: newest,
      apply: (sql) => void sql.exec("UPDATE meta SET usage = -usage"),
    });
    const message = `requires schema version ${newest}; this code supports ${migrations.length}`;
    await runInDurableObject(meter.stub, (instance) => {
      expect(() => instance.state(noon)).toThrow(message);
      expect(() => instance.setLimit({ accountUuid: meter.uuid, limit: 1 }, noon)).toThrow(message);
      expect(() => instance.exportRows(["meta"], null, 1, noon)).toThrow(message);
    });
    await meter.stub.erase();
    expect(await meter.state()).toMatchObject({ usage: 0 });
  });

  it("works with older code after an additive migration, and with newer code again [R70]", async () => {
    const meter = new TestMeter();
    const keyed = { key: { value: "k", requestHash: "body" } };
    await meter.increment(5, keyed);
    await meter.record([{ id: "a", value: 3, knowledgebox: "kb" }]);
    const added: Migration = {
      minReaderVersion: requiredReaderVersion(migrations),
      apply: (sql) => {
        sql.exec(`ALTER TABLE meta ADD COLUMN flavour TEXT NOT NULL DEFAULT 'sweet';
          ALTER TABLE hours ADD COLUMN cakes INTEGER NOT NULL DEFAULT 7;
          CREATE TABLE cakes (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID; INSERT INTO cakes VALUES ('pie');`);
      },
    };
    await withNewer(meter, added, (sql) => void sql.exec("UPDATE meta SET flavour = 'sour'"));

    expect(await meter.increment(5, keyed)).toEqual({ kind: "counted", answer: statusOf(5) });
    expect(await meter.increment(2)).toEqual({ kind: "counted", answer: statusOf(7) });
    expect(await meter.increment(1, {}, noon + hour)).toEqual({ kind: "counted", answer: statusOf(8) });
    expect(await meter.record([{ id: "a", value: 3 }, { id: "b" }], noon + hour)).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    const range = { from: noon, to: noon + 2 * hour };
    expect(await meter.sums("usage", range)).toEqual([7, 1]);

    await withNewer(meter, added);
    expect(await meter.rows("SELECT schema_version, needs, flavour, usage FROM meta")).toEqual([
      { schema_version: newest, needs: requiredReaderVersion(migrations), flavour: "sour", usage: 8 },
    ]);
    expect(await meter.rows("SELECT * FROM cakes")).toEqual([{ name: "pie" }]);
    expect(await meter.rows("SELECT DISTINCT cakes FROM hours")).toEqual([{ cakes: 7 }]);
  });

  it("the storage of a usage object gets a new metric by a migration that adds its column, and keeps all sums [R70]", async () => {
    const meter = new TestMeter();
    await meter.increment(5);
    await meter.increment(2, {}, noon + hour);
    await meter.record([
      { id: "a", value: 3, knowledgebox: "kb" },
      { id: "b", value: 4, metric: "pages_processed", timestamp: noon - 2 * day },
    ]);
    const stored = async () => [
      await meter.rows("SELECT * FROM hours ORDER BY knowledgebox, at"),
      await meter.rows("SELECT * FROM days ORDER BY knowledgebox, at"),
    ];
    const range = { from: noon - 3 * day, to: noon + day, aggregation: "day" } as const;
    const [before, readBefore] = [await stored(), await meter.read(range, noon + hour)];
    const added: Migration = {
      minReaderVersion: requiredReaderVersion(migrations),
      apply: (sql) => {
        for (const table of ["hours", "days"]) {
          sql.exec(`ALTER TABLE ${table} ADD COLUMN sample_metric INTEGER NOT NULL DEFAULT 0`);
        }
      },
    };
    await withNewer(meter, added);

    expect(await stored()).toEqual(before.map((rows) => rows.map((row) => ({ ...row, sample_metric: 0 }))));
    expect(before.map((rows) => rows.length)).toEqual([4, 3]);
    expect(await meter.read(range, noon + hour)).toEqual(readBefore);

    // The new version counts the metric, and the previous version then adds to the same bucket.
    await withNewer(meter, added, (sql) => {
      sql.exec("UPDATE hours SET sample_metric = 9 WHERE knowledgebox = 'kb'");
    });
    await meter.record([{ id: "c", value: 1, knowledgebox: "kb" }]);
    const bucket = "SELECT sample_metric, ai_tokens_used FROM hours WHERE knowledgebox = 'kb'";
    expect(await meter.rows(bucket)).toEqual([{ sample_metric: 9, ai_tokens_used: 4 }]);
  });

  it("the storage of a usage object of version 2 is migrated with its current hour", async () => {
    const meter = new TestMeter();
    await meter.increment(5);
    await downgrade(meter, 2);
    expect(await meter.increment(2, {}, noon + 1)).toEqual({ kind: "counted", answer: statusOf(7) });
    expect(await meter.rows("SELECT schema_version, needs, hour_usage FROM meta")).toEqual([
      { schema_version: migrations.length, needs: 2, hour_usage: 7 },
    ]);
  });

  it("the storage of a usage object is migrated from any older version completely or not at all [R70]", async () => {
    const meter = new TestMeter();
    await meter.increment(5);
    await meter.increment(1, {}, noon + hour);
    await runInDurableObject(meter.stub, (_instance, { storage }) => {
      const version = () => storage.sql.exec("SELECT schema_version, needs FROM meta").one();
      const adding = (minReaderVersion: number, statement: string): Migration => ({
        minReaderVersion,
        apply: (sql) => void sql.exec(statement),
      });
      const newer = [
        ...migrations,
        adding(newest, "ALTER TABLE days ADD COLUMN second INTEGER NOT NULL DEFAULT 2"),
        adding(2, "ALTER TABLE days ADD COLUMN third INTEGER NOT NULL DEFAULT 3"),
      ];
      const broken = [...newer.slice(0, -1), adding(newest, "DROP TABLE nowhere")];
      expect(() => migrate(storage, broken)).toThrow("nowhere");
      expect(version()).toEqual({
        schema_version: migrations.length,
        needs: requiredReaderVersion(migrations),
      });
      expect(() => storage.sql.exec("SELECT second FROM days")).toThrow("no such column");
      migrate(storage, newer);
      // A step that only adds takes back nothing of what one before it needs.
      expect(version()).toEqual({ schema_version: migrations.length + 2, needs: newest });
      const days = storage.sql.exec("SELECT usage, second, third FROM days").toArray();
      expect(days).toEqual([{ usage: 5, second: 2, third: 3 }]);
    });
  });

  it("the storage of a usage object of version 1 is migrated with its usage, buckets, idempotency records and event ids [R70]", async () => {
    const meter = new TestMeter();
    const keyed = { key: { value: "k", requestHash: "body" } };
    const events = [
      { id: "a", value: 7, knowledgebox: "kb" },
      { id: "b", value: 8, timestamp: noon - day },
    ];
    await meter.increment(5, keyed, noon - day + hour);
    await meter.increment(6, { limit: 100 }, noon);
    await meter.record(events);
    const range = { from: noon - 2 * day, to: noon + day };
    const readAll = async () => ({
      state: await meter.state(),
      hours: (await meter.read(range)) as unknown,
      days: (await meter.read({ ...range, aggregation: "day" })) as unknown,
      box: (await meter.read({ ...range, knowledgebox: "kb" })) as unknown,
    });
    const before = await readAll();
    await downgrade(meter, 1);

    expect(await readAll()).toEqual(before);
    expect(await meter.rows("SELECT schema_version, needs, hour, hour_usage FROM meta")).toEqual([
      { schema_version: migrations.length, needs: requiredReaderVersion(migrations), hour: 0, hour_usage: 0 },
    ]);
    expect(await meter.increment(5, keyed)).toEqual({ kind: "counted", answer: statusOf(5) });
    expect(await meter.record(events)).toMatchObject({ accepted: 0, duplicates: 2 });
    expect(await meter.increment(1)).toEqual({ kind: "counted", answer: statusOf(12) });
    expect(await meter.increment(1, {}, noon + hour)).toEqual({ kind: "counted", answer: statusOf(13) });
    expect(await meter.sums("usage", { from: noon - day, to: noon + 2 * hour, aggregation: "day" })).toEqual([
      5, 8,
    ]);
    expect(await meter.sums("usage", { from: noon, to: noon + 2 * hour })).toEqual([7, 1]);
  });

  it("the storage of a usage object is unchanged by a call that fails halfway [R41]", async () => {
    const meter = new TestMeter();
    await meter.increment(5);
    await runInDurableObject(meter.stub, async (instance) => {
      const input = {
        accountUuid: meter.uuid,
        limit: null,
        overridden: false,
        enforcement: "refuse",
      } as const;
      expect(() => instance.increment({ ...input, amount: 0.5 }, noon)).toThrow("meta.usage");
      // The hour before is added to the buckets first.
      expect(() => instance.increment({ ...input, amount: 0.5 }, noon + hour)).toThrow("meta.usage");
      const event = { id: "a", metric: "nuclia_tokens", value: 0.5, timestamp: null } as const;
      const events = [{ ...event, knowledgebox: "kb" }];
      await expect(instance.record({ accountUuid: meter.uuid, events, windowDays: 7 }, noon)).rejects.toThrow(
        "hours.nuclia_tokens",
      );
    });
    expect(await meter.count("seen_events")).toBe(0);
    expect(await meter.count("hours")).toBe(0);
    expect(await meter.state()).toMatchObject({ usage: 5, currentKnowledgeBoxes: 0 });
  });
});

describe("erasing a usage object", () => {
  it("erasing a usage object deletes everything, and the object starts from 0 again", async () => {
    const meter = new TestMeter();
    const keyed = { key: { value: "k", requestHash: "body" } };
    await meter.increment(5, keyed);
    await meter.record([{ id: "a", value: 9, knowledgebox: "kb" }]);
    await meter.stub.erase();
    expect(await meter.alarmAt()).toBeNull();
    expect(await meter.rows("SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([]);
    expect(await meter.state()).toMatchObject({ usage: 0, currentKnowledgeBoxes: 0 });
    expect(await meter.increment(2, keyed)).toEqual({ kind: "counted", answer: statusOf(2) });
    expect(await meter.record([{ id: "a", value: 4 }])).toMatchObject({ accepted: 1 });
    expect(await meter.sums("ai_tokens_used", { from: noon, to: noon + hour })).toEqual([4]);
    expect(await meter.alarmAt()).not.toBeNull();
  });

  it("erasing a usage object can be repeated, and works on an unused object", async () => {
    const meter = new TestMeter();
    await meter.stub.erase();
    await meter.stub.erase();
    expect(await meter.state()).toMatchObject({ usage: 0 });
  });

  it("erasing a usage object is atomic with concurrent increments", async () => {
    const meter = new TestMeter();
    await meter.increment(1_000);
    const increments = Array.from({ length: 30 }, () => meter.increment(1));
    await Promise.all([...increments, meter.stub.erase(), meter.increment(1)]);
    const { usage } = await meter.state();
    expect(usage).toBeLessThanOrEqual(31);
    expect(await meter.sums("usage", { from: noon, to: noon + hour })).toEqual([usage]);
    expect((await meter.alarmAt()) !== null).toBe(usage > 0);
  });
});

/** Applies one more migration to an account's storage, as newer code would, and evicts the object. */
async function withNewer(
  meter: TestMeter,
  migration: Migration,
  work: (sql: SqlStorage) => void = () => {},
): Promise<void> {
  await runInDurableObject(meter.stub, (_instance, { storage }) => {
    migrate(storage, [...migrations, migration]);
    work(storage.sql);
  });
  await meter.evict();
}

/** Recreates an object's tables as an older version of the code creates them, with the rows that it would store. */
async function downgrade(meter: TestMeter, version: number): Promise<void> {
  await runInDurableObject(meter.stub, (_instance, { storage: { sql } }) => {
    const state = loadState(sql);
    // The first version added increments to the buckets at once.
    if (state !== undefined && version === 1) flushCurrentHour(sql, state);
    const names = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'")
      .toArray()
      .map(({ name }) => name);
    const tables = names.map((name) => ({ name, rows: sql.exec(`SELECT * FROM ${name}`).toArray() }));
    for (const name of names) sql.exec(`DROP TABLE ${name}`);
    for (const { apply } of migrations.slice(0, version)) apply(sql);
    for (const { name, rows } of tables) {
      const columns = sql
        .exec<{ name: string }>("SELECT name FROM pragma_table_info(?)", name)
        .toArray()
        .map((column) => column.name);
      const marks = columns.map(() => "?").join(", ");
      for (const row of rows) {
        const values = columns.map((column) => row[column] ?? null);
        sql.exec(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${marks})`, ...values);
      }
    }
    sql.exec("UPDATE meta SET schema_version = ?", version);
  });
  await meter.evict();
}
