import { bucketStart, periodOf } from "../domain/usage/buckets.ts";
import { decideIncrement, type Increment, type UsageStatus } from "../domain/usage/usage.ts";
import type { AccountState, Transition } from "./account-state.ts";
import { flushCurrentHour } from "./current-hour.ts";
import { findIdempotencyRecord, type IdempotencyKey, saveIdempotencyRecord } from "./idempotency-records.ts";

export interface IncrementInput extends Increment {
  readonly accountUuid: string;
  readonly key?: IdempotencyKey | undefined;
}

/** What the period counts then, where the increment is counted: all else its caller knows. */
export type IncrementResult =
  | number
  /** It was counted before, under its key. */
  | { readonly kind: "repeated"; readonly answer: UsageStatus }
  /** Nothing is counted, as it would pass the limit; more is admitted from the period's end on. */
  | { readonly kind: "refused"; readonly answer: UsageStatus; readonly periodEnd: number }
  | { readonly kind: "too_large" | "idempotency_key_reused" };

/**
 * Counts an increment in its period and its hour, or says why not. A repeated key is told what it was
 * told before. Writes one row and another for a key; the first one of an hour two more, for the hour
 * before and its day.
 */
export function increment(
  sql: SqlStorage,
  state: AccountState,
  input: IncrementInput,
  now: number,
): Transition<IncrementResult> {
  const { key, amount, limit } = input;
  const kept = key && findIdempotencyRecord(sql, key.value, now);
  if (kept !== undefined) {
    const same = kept.requestHash === key?.requestHash;
    return {
      state,
      result: same ? { kind: "repeated", answer: kept.answer } : { kind: "idempotency_key_reused" },
    };
  }
  const seen = withLimit(state, limit);
  const decision = decideIncrement(state.usage, input);
  if (decision.kind === "too_large") return { state: seen, result: decision };
  if (decision.kind === "refused") {
    return { state: seen, result: { ...decision, periodEnd: periodOf(state.period).end } };
  }
  const { usage } = decision.answer;
  const hour = bucketStart("hour", now);
  const goesOn = hour === seen.hour;
  const counted = { ...seen, usage, hour, hourUsage: goesOn ? seen.hourUsage + amount : amount };
  if (goesOn && key === undefined) return { state: counted, result: usage };
  const persist = () => {
    if (!goesOn) flushCurrentHour(sql, seen);
    if (key !== undefined) saveIdempotencyRecord(sql, key, decision.answer, now);
    return counted;
  };
  return { state: counted, result: usage, persist };
}

/** The same account with a limit; the very same object when it had that one. */
export function withLimit(state: AccountState, limit: number | null): AccountState {
  return limit === state.limit ? state : { ...state, limit };
}
