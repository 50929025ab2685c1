import { bucketStart, hour } from "../domain/usage/buckets.ts";
import {
  classifyEvents,
  dedupHorizonAt,
  type RejectedEvent,
  sumEvents,
  type UsageEvent,
} from "../domain/usage/events.ts";
import type { AccountState, Transition } from "./account-state.ts";
import { addKnowledgeBoxes, addToBuckets, readDays } from "./bucket-rows.ts";
import { findSeenEvents, rememberEvents } from "./event-dedup.ts";

export interface RecordInput {
  readonly accountUuid: string;
  readonly events: readonly UsageEvent[];
  /** How many days back events are taken. */
  readonly windowDays: number;
}

export interface RecordResult {
  readonly accepted: number;
  /** How many came with an id that counts already. */
  readonly duplicates: number;
  readonly refused: readonly RejectedEvent[];
}

/**
 * Counts each event in the hour and the day it happened in, once, and says how many. Writes one row
 * an event for its id, and besides, however many events share it: one an hour and one a day, for the
 * account and again for each knowledge box; one for a knowledge box never seen; one for the account.
 */
export function record(
  sql: SqlStorage,
  state: AccountState,
  { events, windowDays }: RecordInput,
  hashes: ArrayBuffer,
  now: number,
): Transition<RecordResult> {
  const horizon = dedupHorizonAt(now, windowDays, state.horizon);
  const seen = findSeenEvents(sql, hashes, { horizon, latest: now + hour });
  const dated = events.map((event, place) => ({
    ...event,
    place,
    timestamp: event.timestamp ?? now,
    known: seen.has(place),
  }));
  const days = new Set(dated.map(({ timestamp }) => bucketStart("day", timestamp)));
  const sifted = classifyEvents(dated, readDays(sql, [...days]), { now, horizon });
  const { accepted, duplicates, refused } = sifted;
  const result = { accepted: accepted.length, duplicates, refused };
  if (accepted.length === 0) return { state, result };
  const persist = () => {
    rememberEvents(sql, hashes, accepted);
    addToBuckets(sql, "hours", sumEvents("hour", accepted));
    addToBuckets(sql, "days", sumEvents("day", accepted));
    const boxes = new Set(accepted.flatMap(({ knowledgebox }) => knowledgebox ?? []));
    const knowledgeBoxes = state.knowledgeBoxes + addKnowledgeBoxes(sql, boxes);
    return { ...state, knowledgeBoxes, windowDays, horizon };
  };
  return { state, result, persist };
}
