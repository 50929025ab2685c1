import { DurableObject } from "cloudflare:workers";

import { errorName } from "../domain/errors.ts";
import { periodOf } from "../domain/usage/buckets.ts";
import type { Env } from "../env.ts";
import {
  type AccountState,
  initialState,
  loadState,
  rollPeriod,
  saveState,
  type Transition,
} from "./account-state.ts";
import { read, type ReadInput, type ReadResult } from "./buckets.ts";
import { hashIds, record, type RecordInput, type RecordResult } from "./events.ts";
import {
  exportRows,
  importRows,
  type UsageCursor,
  type UsageExport,
  type UsageRow,
  type UsageTable,
} from "./export.ts";
import {
  flushCurrentHour,
  increment,
  type IncrementInput,
  type IncrementResult,
  isHourOver,
  withLimit,
} from "./increment.ts";
import { hasTables, migrate } from "./migrations.ts";
import { prune } from "./prune.ts";
import { compareSnapshots, snapshotOf, syncToD1 } from "./sync-to-d1.ts";

/** Milliseconds from a change that is visible to clients to the update of D1, and between two prune steps. */
const syncDelay = 2_000;
/** Milliseconds from a change of the counter to the update of D1; each update writes a row there. */
const counterSyncDelay = 30_000;
/** Milliseconds from a failed update of D1 to the next attempt. */
const retryDelay = 30_000;
/** Milliseconds to the next prune if no more rows have expired. */
const pruneInterval = 24 * 60 * 60 * 1000;
const alarmDelays = { visible: syncDelay, counter: counterSyncDelay, none: pruneInterval } as const;

export interface UsageState {
  readonly usage: number;
  /** Start of the calendar month that `usage` belongs to. */
  readonly period: number;
  readonly currentKnowledgeBoxes: number;
}

/**
 * The usage of one account, in the SQLite database of a Durable Object named by the account's uuid.
 * Each call is synchronous from its first read to its last write, in one transaction. Callers pass the
 * time; a time before the latest one seen is replaced by it.
 */
export class UsageMeter extends DurableObject<Env> {
  /** Time of the next alarm; null if none is set. */
  #alarmAt: number | null = null;
  /** The stored state after it was loaded once. A failed write resets the object, and this cache with it. */
  #stored: { readonly state: AccountState | undefined } | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (hasTables(ctx.storage.sql)) migrate(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await ctx.storage.getAlarm();
    });
  }

  /** Counts an increment in the current period unless it exceeds the limit. With a key it is counted once in 24 hours. */
  increment(input: IncrementInput, now: number): IncrementResult {
    return this.#apply(input.accountUuid, now, (state, at) =>
      increment(this.ctx.storage.sql, state, input, at),
    );
  }

  /** Counts up to 1,000 events, each id once; invalid events are rejected one by one. */
  async record(input: RecordInput, now: number): Promise<RecordResult> {
    const hashes = await hashIds(input.events.map(({ id }) => id));
    return this.#apply(input.accountUuid, now, (state, at) =>
      record(this.ctx.storage.sql, state, input, hashes, at),
    );
  }

  /** Sets the account's limit, from which D1's `quota_until` is derived. Increments bring their own limit. */
  setLimit({ accountUuid, limit }: { accountUuid: string; limit: number | null }, now: number): void {
    this.#apply(accountUuid, now, (state) => ({ state: withLimit(state, limit), result: undefined }));
  }

  /** Returns the points of a time range; writes nothing. */
  read(input: ReadInput, now: number): ReadResult {
    const state = this.#load();
    if (state === undefined) return read(undefined, input, now);
    return read({ sql: this.ctx.storage.sql, state }, input, Math.max(state.clock, now));
  }

  /** Returns the usage of the current period; writes nothing. */
  state(now: number): UsageState {
    const state = this.#load();
    if (state === undefined) return { usage: 0, period: periodOf(now).start, currentKnowledgeBoxes: 0 };
    const { usage, period, knowledgeBoxes } = rollPeriod(state, now);
    return { usage, period, currentKnowledgeBoxes: knowledgeBoxes };
  }

  /** Returns at most `limit` rows after the cursor. The first page adds an hour that has ended to the buckets. */
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

  /** Imports exported rows; returns false if they are incompatible. The `meta` row replaces everything stored. */
  importRows(accountUuid: string, rows: readonly UsageRow[]): boolean {
    this.#stored = undefined;
    const compatible = importRows(this.ctx.storage, accountUuid, rows);
    if (compatible && rows.length > 0) this.#scheduleAlarm(syncDelay);
    return compatible;
  }

  /** Updates the account's row in D1 and deletes expired rows, at most 1,000 of each table. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    const state = this.#load();
    if (state === undefined) return;
    this.#stored = undefined;
    const nextPrune = prune(this.ctx.storage, state, Math.max(state.clock, Date.now()));
    let synced = true;
    try {
      await syncToD1(this.env.DB, state.accountUuid, snapshotOf(state));
    } catch (error) {
      synced = false;
      console.error({ event: "usage_sync_failed", error: errorName(error) });
    }
    // The account may have been erased while D1 was updated.
    if (this.#load() === undefined) return;
    if (!synced) this.#scheduleAlarm(retryDelay);
    if (nextPrune === "now") this.#scheduleAlarm(syncDelay);
    if (nextPrune === "later") this.#scheduleAlarm(pruneInterval);
  }

  /** Deletes everything, the alarm included. A later increment starts from 0. */
  async erase(): Promise<void> {
    this.#alarmAt = null;
    this.#stored = undefined;
    // Both start before any other call can count something.
    await Promise.all([this.ctx.storage.deleteAlarm(), this.ctx.storage.deleteAll()]);
  }

  #load(): AccountState | undefined {
    this.#stored ??= { state: loadState(this.ctx.storage.sql) };
    return this.#stored.state;
  }

  /** Runs a change of the account's state and saves its outcome; saves nothing if the change throws. */
  #apply<Result>(
    accountUuid: string,
    now: number,
    change: (state: AccountState, now: number) => Transition<Result>,
  ): Result {
    const { storage } = this.ctx;
    const before = this.#load();
    const at = Math.max(before?.clock ?? now, now);
    const runChange = () => change(rollPeriod(before ?? initialState(accountUuid, at), at), at);
    const save = ({ state, persist }: Transition<Result>): AccountState => {
      const after = { ...(persist?.() ?? state), clock: at };
      saveState(storage.sql, after);
      return after;
    };
    if (before === undefined) {
      const { state, result } = storage.transactionSync(() => {
        migrate(storage);
        const transition = runChange();
        return { ...transition, state: save(transition) };
      });
      this.#stored = { state };
      const difference = compareSnapshots(initialState(accountUuid, at), state);
      this.#scheduleAlarm(difference === "visible" ? syncDelay : counterSyncDelay);
      return result;
    }
    const transition = runChange();
    const { persist, result } = transition;
    if (transition.state === before && persist === undefined) return result;
    // A single statement needs no transaction.
    const state = persist === undefined ? save(transition) : storage.transactionSync(() => save(transition));
    this.#stored = { state };
    this.#scheduleAlarm(alarmDelays[compareSnapshots(before, state)]);
    return result;
  }

  /** Sets the alarm unless an earlier one is set. */
  #scheduleAlarm(delay: number): void {
    const at = Date.now() + delay;
    if (this.#alarmAt !== null && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }
}
