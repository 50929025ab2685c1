/**
 * The ids of the events that count. One costs one row written when it is counted and one when it is
 * forgotten: 16 bytes of SHA-256 behind the ten days its event falls into, which serve as the order
 * in which ids are pruned, so that no index has to be written too. Looking one up is a search in
 * each of the few blocks since the horizon.
 */
import { day } from "../domain/usage/buckets.ts";

const hashLength = 16;
const block = 10 * day;

/** The hashes of ids, one after another. */
export async function hashIds(ids: readonly string[]): Promise<ArrayBuffer> {
  const encoder = new TextEncoder();
  const digests = await Promise.all(ids.map((id) => crypto.subtle.digest("SHA-256", encoder.encode(id))));
  const hashes = new Uint8Array(ids.length * hashLength);
  for (const [place, digest] of digests.entries()) {
    hashes.set(new Uint8Array(digest, 0, hashLength), place * hashLength);
  }
  return hashes.buffer;
}

/** The places, among the hashes, of those that counted in an event at or after the horizon, none of which is later than `latest`. */
export function findSeenEvents(
  sql: SqlStorage,
  hashes: ArrayBuffer,
  { horizon, latest }: { horizon: number; latest: number },
): Set<number> {
  const blocks: number[] = [];
  for (let at = blockOf(horizon); at <= blockOf(latest); at += 1) blocks.push(at);
  const rows = sql.exec<{ place: number }>(
    `SELECT places.key AS place FROM json_each(?2) AS blocks CROSS JOIN json_each(?1) AS places
     CROSS JOIN seen_events
     WHERE seen_events.block = blocks.value AND hash = substr(?3, places.value + 1, ${hashLength}) AND at >= ?4`,
    JSON.stringify(Array.from({ length: hashes.byteLength / hashLength }, (_, place) => place * hashLength)),
    JSON.stringify(blocks),
    hashes,
    horizon,
  );
  return new Set(rows.toArray().map(({ place }) => place));
}

/** Remembers hashes with the times of their events. */
export function rememberEvents(
  sql: SqlStorage,
  hashes: ArrayBuffer,
  events: readonly { readonly place: number; readonly timestamp: number }[],
): void {
  sql.exec(
    // In the order of the key, so that neighbours are written together. One forgotten and not yet
    // pruned is remembered anew.
    `INSERT INTO seen_events (block, hash, at)
     SELECT value ->> 2, substr(?2, (value ->> 0) * ${hashLength} + 1, ${hashLength}), value ->> 1
     FROM json_each(?1) WHERE true ORDER BY 1, 2
     ON CONFLICT (block, hash) DO UPDATE SET at = excluded.at`,
    JSON.stringify(events.map(({ place, timestamp }) => [place, timestamp, blockOf(timestamp)])),
    hashes,
  );
}

/** Removes at most `step` ids whose whole block lies before the horizon; how many. */
export function pruneSeenEvents(sql: SqlStorage, horizon: number, step: number): number {
  return sql.exec(
    `DELETE FROM seen_events WHERE (block, hash) IN
       (SELECT block, hash FROM seen_events WHERE block < ? ORDER BY block LIMIT ?)`,
    blockOf(horizon),
    step,
  ).rowsWritten;
}

function blockOf(at: number): number {
  return Math.floor(at / block);
}
