/** A simple model of a usage meter, in memory. */
import type { Aggregation } from "../../src/domain/usage/buckets.ts";
import type { UsageEvent } from "../../src/domain/usage/events.ts";
import type { IncrementInput } from "../../src/durable/increment.ts";
import { day, hour, statusOf } from "../support/usage-meter.ts";

export const windowDays = 30;

interface Counted {
  readonly metric: string;
  readonly value: number;
  readonly knowledgebox: string | null;
  readonly at: number;
}

export class UsageModel {
  /** The callers' time, which may go back. */
  now: number;
  clock = -Infinity;
  #period = -Infinity;
  #usage = 0;
  #limit: number | null = null;
  readonly #answers: { key: string; requestHash: string; answer: unknown; at: number }[] = [];
  readonly #ids: { id: string; at: number }[] = [];
  readonly #counted: Counted[] = [];

  constructor(now: number) {
    this.now = now;
  }

  increment({ amount, limit, overridden, enforcement, key }: Omit<IncrementInput, "accountUuid">): unknown {
    const at = this.#begin();
    const before = key && this.#answers.find((answer) => answer.key === key.value && at < answer.at + day);
    if (before !== undefined) {
      return before.requestHash === key?.requestHash ? before.answer : { kind: "idempotency_key_reused" };
    }
    this.#setLimit(limit, at);
    const sum = BigInt(this.#usage) + BigInt(amount);
    if (enforcement === "refuse" && limit !== null && sum > BigInt(limit)) {
      const answer = statusOf(this.#usage, limit, overridden);
      return { kind: "refused", answer: answer, periodEnd: monthStart(this.#period, 1) };
    }
    if (sum > BigInt(Number.MAX_SAFE_INTEGER)) return { kind: "too_large" };
    this.clock = at;
    this.#usage = Number(sum);
    this.#counted.push({ metric: "usage", value: amount, knowledgebox: null, at });
    const counted = { kind: "counted", answer: statusOf(this.#usage, limit, overridden) };
    if (key !== undefined) {
      this.#answers.push({ key: key.value, requestHash: key.requestHash, answer: counted, at });
    }
    return counted;
  }

  record(events: readonly UsageEvent[]): unknown {
    const now = this.#begin();
    const horizon = now - windowDays * day;
    let accepted = 0;
    let duplicates = 0;
    const refused: unknown[] = [];
    for (const { id, metric, value, knowledgebox, timestamp } of events) {
      const at = timestamp ?? now;
      if (this.#ids.some((known) => known.id === id && known.at >= horizon)) duplicates += 1;
      else if (at < horizon) refused.push({ id, reason: "too_old" });
      else if (at > now + hour) refused.push({ id, reason: "too_far_ahead" });
      else if (this.#dayOf(metric, at) + BigInt(value) > BigInt(Number.MAX_SAFE_INTEGER)) {
        refused.push({ id, reason: "too_large" });
      } else {
        accepted += 1;
        this.clock = now;
        this.#ids.push({ id, at });
        this.#counted.push({ metric, value, knowledgebox, at });
      }
    }
    return { accepted, duplicates, refused };
  }

  limitChanged(limit: number | null): void {
    this.#setLimit(limit, this.#begin());
  }

  state(): unknown {
    const period = monthStart(Math.max(this.clock, this.now), 0);
    const usage = period > this.#period ? 0 : this.#usage;
    return { usage, period, currentKnowledgeBoxes: this.#boxes() };
  }

  /** Returns the values that the meter writes to the database; undefined before the first call. */
  mirrored(): unknown {
    if (this.clock === -Infinity) return undefined;
    const usedUp = this.#limit !== null && this.#usage >= this.#limit;
    return {
      usage: this.#usage,
      usage_period: this.#period,
      current_kbs: this.#boxes(),
      quota_until: usedUp ? (this.#limit === 0 ? 8.64e15 : monthStart(this.#period, 1)) : null,
    };
  }

  /** Returns the sums of one metric; undefined if one is not a safe integer. */
  sums(metric: string, from: number, to: number, aggregation: Aggregation, box: string | null) {
    const length = aggregation === "hour" ? hour : day;
    const within = this.#counted.filter(
      (one) =>
        one.metric === metric &&
        (box === null || one.knowledgebox === box) &&
        from < to &&
        one.at >= from - (from % hour) &&
        one.at - (one.at % hour) < to,
    );
    const buckets: [number, number][] = [];
    if (aggregation === "millennium") buckets.push([-Infinity, Infinity]);
    else if (from < to) {
      for (let at = from - (from % length); at < to; at += length) buckets.push([at, at + length]);
    }
    const sums = buckets.map(([start, end]) =>
      within.reduce((sum, { at, value }) => (start <= at && at < end ? sum + BigInt(value) : sum), 0n),
    );
    return sums.every((sum) => sum <= BigInt(Number.MAX_SAFE_INTEGER)) ? sums.map(Number) : undefined;
  }

  /** Returns the time at which a call counts, and starts a new month if necessary. */
  #begin(): number {
    const at = Math.max(this.clock, this.now);
    if (monthStart(at, 0) > this.#period) {
      this.#period = monthStart(at, 0);
      this.#usage = 0;
      this.clock = at;
    }
    return at;
  }

  #setLimit(limit: number | null, at: number): void {
    if (limit !== this.#limit) this.clock = at;
    this.#limit = limit;
  }

  #boxes(): number {
    return new Set(this.#counted.flatMap(({ knowledgebox }) => knowledgebox ?? [])).size;
  }

  #dayOf(metric: string, at: number): bigint {
    return this.#counted
      .filter((one) => one.metric === metric && Math.floor(one.at / day) === Math.floor(at / day))
      .reduce((sum, { value }) => sum + BigInt(value), 0n);
  }
}

/** Returns the start of the month of a time, or of a month after it. */
export function monthStart(at: number, months: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months);
}
