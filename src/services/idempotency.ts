/**
 * Requests that may be repeated: what a key's first request made is kept in the batch that makes
 * it, so the key, the effect and the answer are there together or not at all. A second request at
 * the same time loses the batch, looks again and finds the first one's answer.
 */
import { and, eq, gt, type Placeholder, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../domain/errors.ts";
import { assertion, type Database, type Statement } from "../storage/database.ts";
import { prepareStatement } from "../storage/prepared.ts";
import { idempotencyKeys } from "../storage/schema.ts";
import type { Context, IdempotentRequest } from "./caller/context.ts";

/** How long a key is remembered, in milliseconds. */
export const idempotencyRetention = 24 * 60 * 60 * 1000;

/** Thrown in place of doing again what a request with the same key has done; `once` takes it. */
export class IdempotentReplay extends Error {
  override readonly name = "AlreadyDone";
  readonly result: unknown;
  constructor(result: unknown) {
    super("already done");
    this.result = result;
  }
}

/** Runs a use case that keeps its result, or answers the result kept of the same request. */
export async function replayable<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof IdempotentReplay) return error.result as Result;
    throw error;
  }
}

/** Reads what is kept under the key of a request by a user. */
export function findIdempotencyRecord(
  { db, now }: Context,
  { operation, key }: IdempotentRequest,
  userId: SQL,
) {
  return selectKept(db, { userId, operation, key, after: now - idempotencyRetention });
}

function selectKept(db: Database, { userId, operation, key, after }: KeyOf) {
  return db
    .select({ requestHash: idempotencyKeys.requestHash, answer: idempotencyKeys.answer })
    .from(idempotencyKeys)
    .where(
      and(
        sql`${idempotencyKeys.userId} = ${userId}`,
        eq(idempotencyKeys.operation, operation),
        eq(idempotencyKeys.key, key),
        gt(idempotencyKeys.createdAt, after),
      ),
    );
}

interface KeyOf {
  readonly userId: SQL | Placeholder;
  readonly operation: string | Placeholder;
  readonly key: string | Placeholder;
  readonly after: number | Placeholder;
}

/** Throws AlreadyDone where the request has been answered before, `idempotency_key_reused` where another one has under its key. */
export function assertNotReplayed(
  { requestHash }: IdempotentRequest,
  kept: { readonly requestHash: string; readonly answer: string } | undefined,
): void {
  if (kept === undefined) return;
  if (kept.requestHash !== requestHash) throw new DomainError("idempotency_key_reused");
  throw new IdempotentReplay(JSON.parse(kept.answer));
}

/**
 * The statements of a batch with those that keep its result, as JSON, under the request's key. That
 * nobody was first is asked before all else, so that who comes second is told what the first one made
 * and not what is in the way since.
 */
export function withIdempotencyRecord(
  ctx: Context,
  { id }: { readonly id: number },
  result: string | SQL,
  statements: readonly Statement[],
): readonly [Statement, ...Statement[]] {
  const { db, now, idempotency } = ctx;
  const [first, ...rest] = statements;
  if (first === undefined) throw new Error("A result without what made it");
  if (idempotency === undefined) return [first, ...rest];
  const { operation, key, requestHash } = idempotency;
  const row = { userId: id, operation, key, requestHash, createdAt: now };
  return [
    nobodyFirst(db, { userId: id, operation, key, after: now - idempotencyRetention }),
    ...statements,
    // What only the database can tell of an answer is a part of the statement.
    typeof result === "string"
      ? keepAnswer(db, { ...row, answer: result })
      : insertAnswer(db, { ...row, answer: result }),
  ];
}

const nobodyFirst = prepareStatement(["userId", "operation", "key", "after"], (db, slots) =>
  assertion(db, "conflict", sql`not exists ${selectKept(db, slots)}`),
);

const keepAnswer = prepareStatement(
  ["userId", "operation", "key", "requestHash", "answer", "createdAt"],
  (db, { answer, ...slots }) => insertAnswer(db, { ...slots, answer: sql`${answer}` }),
);

function insertAnswer(db: Database, row: KeptRow): Statement {
  const { requestHash, answer, createdAt } = row;
  return db
    .insert(idempotencyKeys)
    .values(row)
    .onConflictDoUpdate({
      target: [idempotencyKeys.userId, idempotencyKeys.operation, idempotencyKeys.key],
      set: { requestHash: sql`${requestHash}`, answer, createdAt: sql`${createdAt}` },
    });
}

interface KeptRow extends Omit<KeyOf, "userId" | "after"> {
  readonly userId: number | Placeholder;
  readonly requestHash: string | Placeholder;
  readonly answer: SQL;
  readonly createdAt: number | Placeholder;
}

/** How many keys one statement forgets: D1 ends a statement after 30 seconds. */
const forgetStep = 1_000;

/** Forgets the keys that are kept no longer, in bounded steps. */
export async function deleteExpiredKeys(db: Database, now: number): Promise<void> {
  const old = sql`select user_id, operation, key from idempotency_keys where created_at <= ${now - idempotencyRetention} limit ${forgetStep}`;
  for (;;) {
    const { meta } = await db
      .delete(idempotencyKeys)
      .where(sql`(user_id, operation, key) in (${old})`)
      .run();
    if (meta.changes < forgetStep) return;
  }
}
