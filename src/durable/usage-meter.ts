import { DurableObject } from "cloudflare:workers";

import { errorName } from "../domain/errors.ts";
import { periodOf } from "../domain/usage/buckets.ts";
import type { Env } from "../env.ts";
import {
  type AccountState,
  compareSnapshots,
  initialState,
  loadState,
  rollPeriod,
  saveState,
  snapshotOf,
  type Transition,
} from "./account-state.ts";
import { flushCurrentHour, isHourOver } from "./current-hour.ts";
import { hashIds } from "./event-dedup.ts";
import { record, type RecordInput, type RecordResult } from "./events.ts";
import {
  exportRows,
  importRows,
  type UsageCursor,
  type UsageExport,
  type UsageRow,
  type UsageTable,
} from "./export.ts";
import { increment, type IncrementInput, type IncrementResult, withLimit } from "./increment.ts";
import { hasTables, migrate } from "./migrations.ts";
import { prune } from "./prune.ts";
import { read, type ReadInput, type ReadResult } from "./query.ts";
import { syncToD1 } from "./sync-to-d1.ts";

/** How long after a change that clients see the database is told of it, and after a prune step the next one runs. */
const mirrorDelay = 2_000;
/** How long after something was counted the database is told, for lists; each time writes a row there. */
const countDelay = 30_000;
/** How long after the database failed it is told again. */
const retryDelay = 30_000;
/** How long after a prune that left nothing due the next one runs. */
const pruneInterval = 24 * 60 * 60 * 1000;
const delays = { shown: mirrorDelay, count: countDelay, none: pruneInterval } as const;

export interface UsageState {
  readonly usage: number;
  /** Start of the calendar month that `usage` belongs to. */
  readonly period: number;
  readonly currentKnowledgeBoxes: number;
}

/**
 * One account's usage, in the SQLite of one Durable Object named by the account's uuid. What a call
 * reads and writes is one turn and one commit. Callers tell the time, and here it never goes back:
 * a call from before the latest time kept is one at that time.
 */
export class UsageMeter extends DurableObject<Env> {
  /** When the alarm rings; null when it is not set. */
  #alarmAt: number | null = null;
  /** What is stored of the account, once it was read. A write that does not last ends this object, and what it remembers. */
  #stored: { readonly state: AccountState | undefined } | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (hasTables(ctx.storage.sql)) migrate(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await ctx.storage.getAlarm();
    });
  }

  /** Counts an increment of the current period unless it passes the limit; a key makes it count once in 24 hours. */
  increment(input: IncrementInput, now: number): IncrementResult {
    return this.#apply(input.accountUuid, now, (state, at) =>
      increment(this.ctx.storage.sql, state, input, at),
    );
  }

  /** Counts up to 1,000 events, each id once, and refuses one by one those that cannot be counted. */
  async record(input: RecordInput, now: number): Promise<RecordResult> {
    const hashes = await hashIds(input.events.map(({ id }) => id));
    return this.#apply(input.accountUuid, now, (state, at) =>
      record(this.ctx.storage.sql, state, input, hashes, at),
    );
  }

  /** The limit the account has from now on, for whoever is shown that it is used up; increments bring their own. */
  setLimit({ accountUuid, limit }: { accountUuid: string; limit: number | null }, now: number): void {
    this.#apply(accountUuid, now, (state) => ({ state: withLimit(state, limit), result: undefined }));
  }

  /** The points of a range of time; writes nothing. */
  read(input: ReadInput, now: number): ReadResult {
    const state = this.#load();
    if (state === undefined) return read(undefined, input, now);
    return read({ sql: this.ctx.storage.sql, state }, input, Math.max(state.clock, now));
  }

  /** What the current period counts; writes nothing. */
  state(now: number): UsageState {
    const state = this.#load();
    if (state === undefined) return { usage: 0, period: periodOf(now).start, currentKnowledgeBoxes: 0 };
    const { usage, period, knowledgeBoxes } = rollPeriod(state, now);
    return { usage, period, currentKnowledgeBoxes: knowledgeBoxes };
  }

  /** At most so many rows of what is stored, beyond a place. An hour that is over is closed first, as the alarm would do it. */
  exportRows(
    tables: readonly UsageTable[],
    after: UsageCursor | null,
    limit: number,
    now: number,
  ): UsageExport {
    const state = this.#load();
    if (state === undefined) return { rows: [], next: null };
    const { storage } = this.ctx;
    if (after === null && isHourOver(state, now)) {
      this.#stored = undefined;
      storage.transactionSync(() => {
        flushCurrentHour(storage.sql, state);
        saveState(storage.sql, { ...state, hourUsage: 0 });
      });
    }
    return exportRows(storage.sql, tables, after, limit);
  }

  /** Takes rows that were copied; whether they fit. An account's first one, of `meta`, replaces all there is. */
  importRows(accountUuid: string, rows: readonly UsageRow[]): boolean {
    this.#stored = undefined;
    const fit = importRows(this.ctx.storage, accountUuid, rows);
    if (fit && rows.length > 0) this.#scheduleAlarm(mirrorDelay);
    return fit;
  }

  /** Tells the database what it does not know yet, and removes what is kept no longer, a step at a time. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    const state = this.#load();
    if (state === undefined) return;
    this.#stored = undefined;
    const remainder = prune(this.ctx.storage, state, Math.max(state.clock, Date.now()));
    let told = true;
    try {
      await syncToD1(this.env.DB, state.accountUuid, snapshotOf(state));
    } catch (error) {
      told = false;
      console.error({ event: "usage_sync_failed", error: errorName(error) });
    }
    // Meanwhile it may all have been erased.
    if (this.#load() === undefined) return;
    if (!told) this.#scheduleAlarm(retryDelay);
    if (remainder === "due") this.#scheduleAlarm(mirrorDelay);
    if (remainder === "later") this.#scheduleAlarm(pruneInterval);
  }

  /** Forgets everything, alarms included; what is counted afterwards starts from nothing. */
  async erase(): Promise<void> {
    this.#alarmAt = null;
    this.#stored = undefined;
    // Both begin before anything else can be counted.
    await Promise.all([this.ctx.storage.deleteAlarm(), this.ctx.storage.deleteAll()]);
  }

  #load(): AccountState | undefined {
    this.#stored ??= { state: loadState(this.ctx.storage.sql) };
    return this.#stored.state;
  }

  /** Does one call's work and keeps the state it leaves, all of it or – when it throws – nothing. */
  #apply<Result>(
    accountUuid: string,
    now: number,
    work: (state: AccountState, now: number) => Transition<Result>,
  ): Result {
    const { storage } = this.ctx;
    const before = this.#load();
    const at = Math.max(before?.clock ?? now, now);
    const take = () => work(rollPeriod(before ?? initialState(accountUuid, at), at), at);
    const keep = ({ state, persist }: Transition<Result>): AccountState => {
      const after = { ...(persist?.() ?? state), clock: at };
      saveState(storage.sql, after);
      return after;
    };
    if (before === undefined) {
      const { state, result } = storage.transactionSync(() => {
        migrate(storage);
        const turn = take();
        return { ...turn, state: keep(turn) };
      });
      this.#stored = { state };
      this.#scheduleAlarm(
        compareSnapshots(initialState(accountUuid, at), state) === "shown" ? mirrorDelay : countDelay,
      );
      return result;
    }
    const turn = take();
    if (turn.state === before && turn.persist === undefined) return turn.result;
    // The account's row alone is kept or not by itself.
    const state = turn.persist === undefined ? keep(turn) : storage.transactionSync(() => keep(turn));
    this.#stored = { state };
    this.#scheduleAlarm(delays[compareSnapshots(before, state)]);
    return turn.result;
  }

  /** Sets the alarm, unless it rings earlier anyway. */
  #scheduleAlarm(delay: number): void {
    const at = Date.now() + delay;
    if (this.#alarmAt !== null && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }
}
