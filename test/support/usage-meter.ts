/** Usage meters of unused accounts, called over RPC as the service calls them. */
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";

import type { UsageEvent } from "../../src/domain/usage/events.ts";
import { type Metric, metricIndex, toUsageStatus, type UsageStatus } from "../../src/domain/usage/usage.ts";
import type { ReadInput, ReadResult } from "../../src/durable/buckets.ts";
import type { RecordResult } from "../../src/durable/events.ts";
import type { IncrementInput, IncrementResult } from "../../src/durable/increment.ts";
import type { UsageState } from "../../src/durable/usage-meter.ts";

export const hour = 60 * 60 * 1000;
export const day = 24 * hour;
export const maxInteger = Number.MAX_SAFE_INTEGER;

/** A Wednesday at noon in the future: alarms in the past would run at once. */
export const noon = Date.UTC(2040, 4, 16, 12);

interface Counted {
  readonly kind: "counted";
  readonly answer: UsageStatus;
}

export class TestMeter {
  readonly uuid: string;

  constructor(uuid: string = crypto.randomUUID()) {
    this.uuid = uuid;
  }

  get stub() {
    return env.USAGE.get(env.USAGE.idFromName(this.uuid));
  }

  async increment(
    amount: number,
    change: Partial<IncrementInput> = {},
    now = noon,
  ): Promise<Counted | Exclude<IncrementResult, number | { kind: "repeated" }>> {
    const input = { accountUuid: this.uuid, amount, limit: null, overridden: false, ...change };
    const result: IncrementResult = await this.stub.increment({ enforcement: "refuse", ...input }, now);
    if (typeof result === "number") return { kind: "counted", answer: toUsageStatus(result, input) };
    return result.kind === "repeated" ? { ...result, kind: "counted" } : result;
  }

  async record(
    events: readonly (Partial<UsageEvent> & { id: string })[],
    now = noon,
    windowDays = 30,
  ): Promise<RecordResult> {
    return this.stub.record({ accountUuid: this.uuid, events: events.map(eventOf), windowDays }, now);
  }

  async read(input: Pick<ReadInput, "from" | "to"> & Partial<ReadInput>, now = noon): Promise<ReadResult> {
    return this.stub.read({ aggregation: "hour", knowledgebox: null, ...input }, now);
  }

  /** Returns the sums of one metric in the order of the points. */
  async sums(metric: Metric, input: Pick<ReadInput, "from" | "to"> & Partial<ReadInput>, now = noon) {
    const reading = await this.read(input, now);
    if (reading.kind !== "points") return reading.kind;
    return reading.points.map(({ sums }) => sums[metricIndex(metric)]);
  }

  async state(now = noon): Promise<UsageState> {
    return this.stub.state(now);
  }

  /** Returns the rows of a query of the object's storage. */
  async rows(sql: string, ...parameters: (string | number)[]): Promise<Record<string, unknown>[]> {
    return runInDurableObject(this.stub, (_meter, { storage }) =>
      storage.sql.exec(sql, ...parameters).toArray(),
    );
  }

  async count(table: string): Promise<unknown> {
    return (await this.rows(`SELECT count(*) AS count FROM ${table}`))[0]?.["count"];
  }

  /** Returns the number of rows that the object's storage reads and writes during `work`. */
  async cost(work: () => Promise<unknown>): Promise<{ read: number; written: number }> {
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    const restore = await runInDurableObject(this.stub, (_meter, { storage: { sql } }) => {
      const exec = sql.exec.bind(sql);
      const watching = vi.spyOn(sql, "exec").mockImplementation((query, ...bindings) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      });
      return () => watching.mockRestore();
    });
    await work();
    restore();
    const cost = { read: 0, written: 0 };
    for (const { rowsRead, rowsWritten } of cursors) {
      cost.read += rowsRead;
      cost.written += rowsWritten;
    }
    return cost;
  }

  async evict(): Promise<void> {
    await evictDurableObject(this.stub);
  }

  async alarmAt(): Promise<number | null> {
    return runInDurableObject(this.stub, (_meter, { storage }) => storage.getAlarm());
  }
}

export function eventOf(event: Partial<UsageEvent> & { id: string }): UsageEvent {
  return { metric: "ai_tokens_used", value: 1, knowledgebox: null, timestamp: null, ...event };
}

export function statusOf(usage: number, limit: number | null = null, overridden = false) {
  return { limit, usage, remaining: limit === null ? null : Math.max(0, limit - usage), overridden };
}
