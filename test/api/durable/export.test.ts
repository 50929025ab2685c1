/** Rows of a usage object that are put back: those that do not fit leave it as it was, and whole. */
import { describe, expect, it } from "vitest";

import { type UsageRow, usageTables } from "../../../src/durable/export.ts";
import { migrations } from "../../../src/durable/migrations.ts";
import { hour, noon, statusOf, TestMeter } from "../../support/usage-meter.ts";

/** What an account's object stores that counted something of everything. */
async function copied(meter: TestMeter): Promise<UsageRow[]> {
  await meter.increment(5, { key: { value: "k", requestHash: "body" } });
  await meter.record([{ id: "a", value: 3, knowledgebox: "kb" }]);
  return [...(await meter.stub.exportRows(usageTables, null, 1_000, noon)).rows];
}

/** The rows, the first one of a table with something of it changed. */
function spoilt(rows: readonly UsageRow[], table: UsageRow["table"], change: UsageRow["row"]): UsageRow[] {
  const at = rows.findIndex((one) => one.table === table);
  return rows.map((one, place) => (place === at ? { table, row: { ...one.row, ...change } } : one));
}

const misfits: readonly [string, (rows: readonly UsageRow[]) => UsageRow[]][] = [
  ["another account's", (rows) => spoilt(rows, "meta", { account_uuid: crypto.randomUUID() })],
  ["another version's", (rows) => spoilt(rows, "meta", { schema_version: migrations.length + 1 })],
  ["what needs newer code", (rows) => spoilt(rows, "meta", { needs: migrations.length + 1 })],
  ["a column more", (rows) => spoilt(rows, "hours", { another: 1 })],
  ["a value that is none of its column's", (rows) => spoilt(rows, "days", { usage: "many" })],
  ["nothing where something must be", (rows) => spoilt(rows, "meta", { usage: null })],
  ["a hash that is none", (rows) => spoilt(rows, "seen_events", { hash: "nonsense" })],
];

describe.each(misfits)("rows of %s", (_, misfit) => {
  it("leave an object that was never used so", async () => {
    const source = new TestMeter();
    const rows = (await copied(source)).map((one) =>
      one.table === "meta" ? { ...one, row: { ...one.row, account_uuid: "here" } } : one,
    );
    const meter = new TestMeter();
    expect(await meter.stub.importRows("here", misfit(rows))).toBe(false);
    expect(await meter.rows("SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([]);
    expect(await meter.alarmAt()).toBeNull();
    await meter.evict();
    expect(await meter.increment(2)).toEqual({ kind: "counted", answer: statusOf(2) });
  });

  it("leave what an object has counted", async () => {
    const meter = new TestMeter();
    const rows = await copied(meter);
    await meter.increment(1);
    expect(await meter.stub.importRows(meter.uuid, misfit(rows))).toBe(false);
    expect(await meter.increment(1)).toEqual({ kind: "counted", answer: statusOf(7) });
    expect(await meter.record([{ id: "a" }])).toMatchObject({ duplicates: 1 });
  });
});

describe("rows that fit", () => {
  it("replace what an object has counted, and the same again change nothing", async () => {
    const meter = new TestMeter();
    const rows = await copied(meter);
    await meter.increment(100, {}, noon + hour);
    for (let time = 0; time < 2; time += 1) {
      expect(await meter.stub.importRows(meter.uuid, rows)).toBe(true);
      expect(await meter.stub.exportRows(usageTables, null, 1_000, noon)).toEqual({ rows, next: null });
    }
  });

  it("are none where the row that begins an object is missing", async () => {
    const rows = (await copied(new TestMeter())).slice(1);
    const meter = new TestMeter();
    expect(await meter.stub.importRows(meter.uuid, rows)).toBe(false);
    expect(await meter.rows("SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([]);
    expect(await meter.stub.importRows(meter.uuid, [])).toBe(true);
  });
});
