/** Import of a usage object's rows: incompatible ones leave it unchanged. */
import { describe, expect, it } from "vitest";

import { type UsageRow, usageTables } from "../../../src/durable/export.ts";
import { migrations } from "../../../src/durable/migrations.ts";
import { hour, noon, statusOf, TestMeter } from "../../support/usage-meter.ts";

/** Exports an object that has rows in every table. */
async function copied(meter: TestMeter): Promise<UsageRow[]> {
  await meter.increment(5, { key: { value: "k", requestHash: "body" } });
  await meter.record([{ id: "a", value: 3, knowledgebox: "kb" }]);
  return [...(await meter.stub.exportRows(usageTables, null, 1_000, noon)).rows];
}

/** Changes the first row of a table. */
function withChange(
  rows: readonly UsageRow[],
  table: UsageRow["table"],
  change: UsageRow["row"],
): UsageRow[] {
  const at = rows.findIndex((one) => one.table === table);
  return rows.map((one, place) => (place === at ? { table, row: { ...one.row, ...change } } : one));
}

const incompatible: readonly {
  readonly name: string;
  readonly toIncompatible: (rows: readonly UsageRow[]) => UsageRow[];
}[] = [
  {
    name: "another account",
    toIncompatible: (rows) => withChange(rows, "meta", { account_uuid: crypto.randomUUID() }),
  },
  {
    name: "another version",
    toIncompatible: (rows) => withChange(rows, "meta", { schema_version: migrations.length + 1 }),
  },
  {
    name: "a version that requires newer code",
    toIncompatible: (rows) => withChange(rows, "meta", { needs: migrations.length + 1 }),
  },
  {
    name: "a table with an additional column",
    toIncompatible: (rows) => withChange(rows, "hours", { another: 1 }),
  },
  {
    name: "a table with a value of another type",
    toIncompatible: (rows) => withChange(rows, "days", { usage: "many" }),
  },
  {
    name: "a table with a missing value",
    toIncompatible: (rows) => withChange(rows, "meta", { usage: null }),
  },
  {
    name: "a table with a malformed hash",
    toIncompatible: (rows) => withChange(rows, "seen_events", { hash: "nonsense" }),
  },
];

describe.each(incompatible)("rows of $name", ({ toIncompatible }) => {
  it("incompatible rows leave an unused object unused", async () => {
    const source = new TestMeter();
    const rows = (await copied(source)).map((one) =>
      one.table === "meta" ? { ...one, row: { ...one.row, account_uuid: "here" } } : one,
    );
    const meter = new TestMeter();
    expect(await meter.stub.importRows("here", toIncompatible(rows))).toBe(false);
    expect(await meter.rows("SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([]);
    expect(await meter.alarmAt()).toBeNull();
    await meter.evict();
    expect(await meter.increment(2)).toEqual({ kind: "counted", answer: statusOf(2) });
  });

  it("incompatible rows leave the usage of an object unchanged", async () => {
    const meter = new TestMeter();
    const rows = await copied(meter);
    await meter.increment(1);
    expect(await meter.stub.importRows(meter.uuid, toIncompatible(rows))).toBe(false);
    expect(await meter.increment(1)).toEqual({ kind: "counted", answer: statusOf(7) });
    expect(await meter.record([{ id: "a" }])).toMatchObject({ duplicates: 1 });
  });
});

describe("compatible rows", () => {
  it("replace the usage of an object, and change nothing when imported twice", async () => {
    const meter = new TestMeter();
    const rows = await copied(meter);
    await meter.increment(100, {}, noon + hour);
    for (let time = 0; time < 2; time += 1) {
      expect(await meter.stub.importRows(meter.uuid, rows)).toBe(true);
      expect(await meter.stub.exportRows(usageTables, null, 1_000, noon)).toEqual({ rows, next: null });
    }
  });

  it("compatible rows must start with the meta row", async () => {
    const rows = (await copied(new TestMeter())).slice(1);
    const meter = new TestMeter();
    expect(await meter.stub.importRows(meter.uuid, rows)).toBe(false);
    expect(await meter.rows("SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([]);
    expect(await meter.stub.importRows(meter.uuid, [])).toBe(true);
  });
});
