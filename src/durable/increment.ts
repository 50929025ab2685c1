import { bucketStart, periodOf } from "../domain/buckets.ts";
import { decideIncrement, type Increment, type UsageAnswer } from "../domain/usage.ts";
import type { AccountState, Turn } from "./account-state.ts";
import { findAnswer, keepAnswer, type IdempotencyKey } from "./answers.ts";
import { addUsage } from "./bucket-rows.ts";

export interface IncrementInput extends Increment {
  readonly accountUuid: string;
  readonly key?: IdempotencyKey | undefined;
}

export type IncrementResult =
  | { readonly kind: "counted"; readonly answer: UsageAnswer }
  /** Nothing is counted, as it would pass the limit; more is admitted from the period's end on. */
  | { readonly kind: "refused"; readonly answer: UsageAnswer; readonly periodEnd: number }
  | { readonly kind: "too_large" | "key_reused" };

/**
 * Counts an increment in its period, its hour and its day, or says why not. A repeated key is told
 * what it was told before. Counting writes three rows, and a fourth for a key; all else at most one.
 */
export function increment(
  sql: SqlStorage,
  state: AccountState,
  input: IncrementInput,
  now: number,
): Turn<IncrementResult> {
  const { key, amount, limit } = input;
  const kept = key && findAnswer(sql, key.value, now);
  if (kept !== undefined) {
    const same = kept.requestHash === key?.requestHash;
    return { state, result: same ? { kind: "counted", answer: kept.answer } : { kind: "key_reused" } };
  }
  const seen = withLimit(state, limit);
  const decision = decideIncrement(state.usage, input);
  if (decision.kind === "too_large") return { state: seen, result: decision };
  if (decision.kind === "refused") {
    return { state: seen, result: { ...decision, periodEnd: periodOf(state.period).end } };
  }
  addUsage(sql, "hours", bucketStart("hour", now), amount);
  addUsage(sql, "days", bucketStart("day", now), amount);
  if (key !== undefined) keepAnswer(sql, key, decision.answer, now);
  return { state: { ...seen, usage: decision.answer.usage }, result: decision };
}

/** The same account with a limit; the very same object when it had that one. */
export function withLimit(state: AccountState, limit: number | null): AccountState {
  return limit === state.limit ? state : { ...state, limit };
}
