/**
 * Recording of events, each id once. An id costs one row written when it is counted and one when it is
 * pruned: 16 bytes of SHA-256 after the number of a block of ten days. Ids are pruned in the order of
 * this primary key, so that no index is written. A look-up searches each block since the horizon.
 */
import { bucketStart, day, hour } from "../domain/usage/buckets.ts";
import {
  classifyEvents,
  dedupHorizonAt,
  type RejectedEvent,
  sumEvents,
  type UsageEvent,
} from "../domain/usage/events.ts";
import type { AccountState, Transition } from "./account-state.ts";
import { addKnowledgeBoxes, addToBuckets, readDays } from "./buckets.ts";

export interface RecordInput {
  readonly accountUuid: string;
  readonly events: readonly UsageEvent[];
  /** Events older than this many days are rejected. */
  readonly windowDays: number;
}

export interface RecordResult {
  readonly accepted: number;
  /** Number of events whose id was counted before. */
  readonly duplicates: number;
  readonly refused: readonly RejectedEvent[];
}

/**
 * Counts each event once, in its hour and its day. Writes one row per event for its id, one per bucket
 * for the account and for each knowledge box, one per new knowledge box, and one for the state.
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
  const timestamped = events.map((event, index) => ({
    ...event,
    index,
    timestamp: event.timestamp ?? now,
    known: seen.has(index),
  }));
  const days = new Set(timestamped.map(({ timestamp }) => bucketStart("day", timestamp)));
  const { accepted, duplicates, refused } = classifyEvents(timestamped, readDays(sql, [...days]), {
    now,
    horizon,
  });
  const result = { accepted: accepted.length, duplicates, refused };
  if (accepted.length === 0) return { state, result };
  const persist = () => {
    saveSeenEvents(sql, hashes, accepted);
    addToBuckets(sql, "hours", sumEvents("hour", accepted));
    addToBuckets(sql, "days", sumEvents("day", accepted));
    const boxes = new Set(accepted.flatMap(({ knowledgebox }) => knowledgebox ?? []));
    const knowledgeBoxes = state.knowledgeBoxes + addKnowledgeBoxes(sql, boxes);
    return { ...state, knowledgeBoxes, windowDays, horizon };
  };
  return { state, result, persist };
}

const hashLength = 16;
const block = 10 * day;

/** Returns the hashes of ids, concatenated: 16 bytes each. */
export async function hashIds(ids: readonly string[]): Promise<ArrayBuffer> {
  const encoder = new TextEncoder();
  const digests = await Promise.all(ids.map((id) => crypto.subtle.digest("SHA-256", encoder.encode(id))));
  const hashes = new Uint8Array(ids.length * hashLength);
  for (const [index, digest] of digests.entries()) {
    hashes.set(new Uint8Array(digest, 0, hashLength), index * hashLength);
  }
  return hashes.buffer;
}

/** Returns the indexes of the hashes that were counted at or after the horizon. No event is later than `latest`. */
function findSeenEvents(
  sql: SqlStorage,
  hashes: ArrayBuffer,
  { horizon, latest }: { horizon: number; latest: number },
): Set<number> {
  const blocks: number[] = [];
  for (let at = blockOf(horizon); at <= blockOf(latest); at += 1) blocks.push(at);
  const rows = sql.exec<{ hash_index: number }>(
    `SELECT offsets.key AS hash_index FROM json_each(?2) AS blocks CROSS JOIN json_each(?1) AS offsets
     CROSS JOIN seen_events
     WHERE seen_events.block = blocks.value AND hash = substr(?3, offsets.value + 1, ${hashLength}) AND at >= ?4`,
    JSON.stringify(Array.from({ length: hashes.byteLength / hashLength }, (_, index) => index * hashLength)),
    JSON.stringify(blocks),
    hashes,
    horizon,
  );
  return new Set(rows.toArray().map(({ hash_index: index }) => index));
}

function saveSeenEvents(
  sql: SqlStorage,
  hashes: ArrayBuffer,
  events: readonly { readonly index: number; readonly timestamp: number }[],
): void {
  sql.exec(
    // Sorted by primary key, so that neighbours are written together. An id behind the horizon that is
    // not pruned yet gets the time of the new event.
    `INSERT INTO seen_events (block, hash, at)
     SELECT value ->> 2, substr(?2, (value ->> 0) * ${hashLength} + 1, ${hashLength}), value ->> 1
     FROM json_each(?1) WHERE true ORDER BY 1, 2
     ON CONFLICT (block, hash) DO UPDATE SET at = excluded.at`,
    JSON.stringify(events.map(({ index, timestamp }) => [index, timestamp, blockOf(timestamp)])),
    hashes,
  );
}

/** Deletes at most `maxRows` ids of blocks that end before the horizon and returns how many. */
export function pruneSeenEvents(sql: SqlStorage, horizon: number, maxRows: number): number {
  return sql.exec(
    `DELETE FROM seen_events WHERE (block, hash) IN
       (SELECT block, hash FROM seen_events WHERE block < ? ORDER BY block LIMIT ?)`,
    blockOf(horizon),
    maxRows,
  ).rowsWritten;
}

function blockOf(at: number): number {
  return Math.floor(at / block);
}
