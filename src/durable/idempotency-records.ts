import { idempotencyRetention, type UsageStatus } from "../domain/usage/usage.ts";

/** What was answered under an idempotency key. */
export interface IdempotencyRecord {
  readonly requestHash: string;
  readonly answer: UsageStatus;
}

/** What names an increment so that it counts once. */
export interface IdempotencyKey {
  readonly value: string;
  /** Tells whether a repeated key comes with the same request. */
  readonly requestHash: string;
}

/** The answer a key was given in the last 24 hours. */
export function findIdempotencyRecord(
  sql: SqlStorage,
  key: string,
  now: number,
): IdempotencyRecord | undefined {
  const block = blockOf(now);
  const [row] = sql
    .exec<{ request_hash: string; answer: string }>(
      "SELECT request_hash, answer FROM answers WHERE block IN (?, ?) AND key = ? AND at > ?",
      block - 1,
      block,
      key,
      now - idempotencyRetention,
    )
    .toArray();
  return row && { requestHash: row.request_hash, answer: JSON.parse(row.answer) as UsageStatus };
}

/** Keeps an answer for a key that has none. Writes one row: keys are found and pruned by the block they begin with. */
export function saveIdempotencyRecord(
  sql: SqlStorage,
  key: IdempotencyKey,
  answer: UsageStatus,
  now: number,
): void {
  sql.exec(
    "INSERT INTO answers (block, key, at, request_hash, answer) VALUES (?, ?, ?, ?, ?)",
    blockOf(now),
    key.value,
    now,
    key.requestHash,
    JSON.stringify(answer),
  );
}

/** Removes at most `step` answers whose whole block has passed; how many. */
export function pruneIdempotencyRecords(sql: SqlStorage, now: number, step: number): number {
  return sql.exec(
    `DELETE FROM answers WHERE (block, key) IN
       (SELECT block, key FROM answers WHERE block < ? ORDER BY block LIMIT ?)`,
    blockOf(now) - 1,
    step,
  ).rowsWritten;
}

/** As long as a key's life, so that a living one is in the block of now or the one before. */
function blockOf(at: number): number {
  return Math.floor(at / idempotencyRetention);
}
