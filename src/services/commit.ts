/**
 * The one path for a change: read, decide, write.
 *
 * `commit` owns what every change needs: the caller may still do it, the idempotency record, the audit row, the
 * order of statements in the batch, the retry after a lost race, and the jobs and pushes that follow.
 */
import { and, eq, gt, sql, type Placeholder, type SQL } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";

import { DomainError } from "../domain/errors.ts";
import type { ScheduledJob } from "../domain/job.ts";
import type { Permission } from "../domain/permissions.ts";
import { retry } from "../domain/retry.ts";
import { assertion, runBatch, type Database, type Statement } from "../storage/database.ts";
import { prepareStatement } from "../storage/prepared.ts";
import { idempotencyKeys } from "../storage/schema.ts";
import { assertAccess, type Access } from "./accounts/access.ts";
import { auditStatement, type AuditEntry } from "./audit.ts";
import { queryAsCaller, type Caller } from "./caller/caller.ts";
import { assertCallerActive, assertGlobalPermission, callerConditions } from "./caller/conditions.ts";
import type { Context, IdempotentRequest } from "./caller/context.ts";
import { enqueueJob } from "./jobs.ts";

/** A change that was decided on and is not written yet. */
export interface Change<Result> {
  /**
   * What allows the change, checked again in the batch: access to an account, a permission on every account, or
   * `self` if callers may change what is their own.
   */
  readonly access: Access | Permission | "self";
  /** Assertions that run before the writes, in this order: the first that fails names the error. */
  readonly assert?: readonly Statement[];
  readonly write: readonly [Statement, ...Statement[]];
  /** Assertions that run after the writes, so that errors of the writes take precedence. */
  readonly assertAfter?: readonly Statement[];
  readonly audit: AuditEntry;
  readonly result: Result | ComputedResult<Result>;
  /** Jobs for the queue once the change is written. */
  readonly jobs?: readonly ScheduledJob[];
  /** Pushes the change to another store once it is written. It runs after the response and may fail. */
  readonly push?: () => Promise<unknown>;
  /** Undoes what was done outside the database. Runs if the database refused the change. */
  readonly onRefused?: () => Promise<unknown>;
}

/** The decision that there is nothing to change. Costs no further round trip without an idempotency key. */
export interface NoChange<Result> {
  readonly access: Change<Result>["access"];
  readonly unchanged: Result;
}

/** A result that only the database knows. */
export class ComputedResult<Result> {
  /** SQL expression of the result as JSON, evaluated after the writes. */
  readonly json: SQL<string>;
  readonly parse: (json: string) => Result;

  constructor(json: SQL<string>, parse: (json: string) => Result) {
    this.json = json;
    this.parse = parse;
  }
}

export interface CommitOptions {
  /** The result is shown once and not stored. Repeating the request throws `access_token_already_issued`. */
  readonly resultShownOnce?: boolean;
}

/** How long an idempotency key is remembered, in milliseconds. */
export const idempotencyRetention = 24 * 60 * 60 * 1000;

/** How often a change is tried when other requests change the same rows in between. */
const maxAttempts = 5;

/**
 * Reads the caller and `reads` in one round trip, lets `decide` turn them into a change, and writes it in a
 * second one: all of it or nothing. If an assertion finds that something changed in between (`conflict`), all
 * of it is done again. A repeated request with the same idempotency key returns the first one's result.
 *
 * Throws what `queryAsCaller`, `decide` and the change's assertions throw, `idempotency_key_reused`, and
 * `conflict` after five lost races.
 */
export async function commit<Reads extends readonly Statement[], Result>(
  ctx: Context,
  reads: Reads,
  decide: (
    caller: Caller,
    ...rows: BatchResponse<[...Reads]>
  ) => Change<Result> | NoChange<Result> | Promise<Change<Result> | NoChange<Result>>,
  { resultShownOnce = false }: CommitOptions = {},
): Promise<Result> {
  const attempt = async (): Promise<Result> => {
    const { caller, record, rows } = await readWithRecord(ctx, reads);
    if (record !== undefined) {
      if (record.requestHash !== ctx.idempotency?.requestHash)
        throw new DomainError("idempotency_key_reused");
      if (resultShownOnce) throw new DomainError("access_token_already_issued");
      return JSON.parse(record.answer) as Result;
    }
    return write(ctx, caller, await decide(caller, ...rows), resultShownOnce);
  };
  // Whether a batch that failed was applied is unknown. With a key it is applied once, however often it is sent.
  const repeatable = ctx.idempotency !== undefined && !resultShownOnce;
  return retry(
    () => retryOnConflict(attempt),
    (error) => repeatable && isError(error, "storage_unavailable"),
  );
}

/** Runs `attempt` up to five times while it throws `conflict`: other requests changed the same rows. */
export async function retryOnConflict<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isError(error, "conflict") || count === maxAttempts) throw error;
    }
  }
}

async function readWithRecord<Reads extends readonly Statement[]>(ctx: Context, reads: Reads) {
  const { idempotency } = ctx;
  if (idempotency === undefined) {
    const [caller, ...rows] = await queryAsCaller(ctx, ...reads);
    return { caller, record: undefined, rows };
  }
  const [caller, [record], ...rows] = await queryAsCaller(
    ctx,
    idempotencyRecordQuery(ctx, idempotency),
    ...reads,
  );
  return { caller, record, rows };
}

async function write<Result>(
  ctx: Context,
  caller: Caller,
  decision: Change<Result> | NoChange<Result>,
  resultShownOnce: boolean,
): Promise<Result> {
  const access = accessAssertion(ctx, caller, decision.access);
  if ("unchanged" in decision) {
    if (ctx.idempotency !== undefined) {
      const answer = JSON.stringify(decision.unchanged);
      await runBatch(ctx.db, [...withRecord(ctx, ctx.idempotency, caller, answer, [access])]);
    }
    return decision.unchanged;
  }
  const { assert = [], assertAfter = [], result } = decision;
  const computed = result instanceof ComputedResult ? result : undefined;
  const audit = auditStatement(ctx, caller, decision.audit);
  const statements = [access, ...assert, ...decision.write, ...assertAfter, audit] as const;
  const answer = resultShownOnce ? "null" : (computed?.json ?? JSON.stringify(result));
  try {
    const results = await runBatch(ctx.db, [
      ...(ctx.idempotency === undefined
        ? statements
        : withRecord(ctx, ctx.idempotency, caller, answer, statements)),
      ...(computed === undefined ? [] : [selectComputed(ctx, computed.json)]),
    ]);
    follow(ctx, decision);
    if (computed === undefined) return result as Result;
    const [{ json }] = results.at(-1) as [{ json: string }];
    return computed.parse(json);
  } catch (error) {
    // After `storage_unavailable` the change may have been written all the same.
    const refused = error instanceof DomainError && error.code !== "storage_unavailable";
    if (refused && decision.onRefused !== undefined) ctx.defer(decision.onRefused());
    throw error;
  }
}

function selectComputed({ db }: Context, json: SQL<string>) {
  return db.select({ json: json.as("json") }).from(sql`(select 1)`);
}

function accessAssertion(ctx: Context, caller: Caller, access: Change<unknown>["access"]): Statement {
  if (typeof access === "object") return assertAccess(ctx, access);
  if (access === "self") return assertCallerActive(ctx, { callerUser: caller.id });
  return assertGlobalPermission(ctx, caller.id, access);
}

function follow<Result>(ctx: Context, { jobs = [], push }: Change<Result>): void {
  // A push that is lost or arrives out of order is corrected by a job or by the next push.
  if (push !== undefined) ctx.defer(push().catch(() => undefined));
  for (const { job, delaySeconds } of jobs) ctx.defer(enqueueJob(ctx.jobs, job, delaySeconds));
}

interface RecordKey {
  readonly userId: SQL | Placeholder;
  readonly operation: string | Placeholder;
  readonly key: string | Placeholder;
  readonly after: number | Placeholder;
}

function idempotencyRecordQuery(ctx: Context, { operation, key }: IdempotentRequest) {
  const { userId } = callerConditions(ctx);
  return selectRecord(ctx.db, { userId, operation, key, after: ctx.now - idempotencyRetention });
}

function selectRecord(db: Database, { userId, operation, key, after }: RecordKey) {
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

/**
 * Adds the idempotency record to the statements of a change, so that key, effect and answer are stored together.
 * The assertion runs first: the second of two simultaneous requests then finds the first one's record.
 */
function withRecord(
  { db, now }: Context,
  { operation, key, requestHash }: IdempotentRequest,
  { id: userId }: Caller,
  answer: string | SQL,
  statements: readonly Statement[],
): readonly [Statement, ...Statement[]] {
  const row = { userId, operation, key, requestHash, createdAt: now };
  return [
    assertNotReplayed(db, { userId, operation, key, after: now - idempotencyRetention }),
    ...statements,
    typeof answer === "string" ? saveRecord(db, { ...row, answer }) : insertRecord(db, { ...row, answer }),
  ];
}

const assertNotReplayed = prepareStatement(["userId", "operation", "key", "after"], (db, placeholders) =>
  assertion(db, "conflict", sql`not exists ${selectRecord(db, placeholders)}`),
);

const saveRecord = prepareStatement(
  ["userId", "operation", "key", "requestHash", "answer", "createdAt"],
  (db, { answer, ...placeholders }) => insertRecord(db, { ...placeholders, answer: sql`${answer}` }),
);

interface RecordRow extends Omit<RecordKey, "userId" | "after"> {
  readonly userId: number | Placeholder;
  readonly requestHash: string | Placeholder;
  readonly answer: SQL;
  readonly createdAt: number | Placeholder;
}

/** An expired record with the same key is overwritten. */
function insertRecord(db: Database, row: RecordRow): Statement {
  const { requestHash, answer, createdAt } = row;
  return db
    .insert(idempotencyKeys)
    .values(row)
    .onConflictDoUpdate({
      target: [idempotencyKeys.userId, idempotencyKeys.operation, idempotencyKeys.key],
      set: { requestHash: sql`${requestHash}`, answer, createdAt: sql`${createdAt}` },
    });
}

function isError(error: unknown, code: "conflict" | "storage_unavailable"): boolean {
  return error instanceof DomainError && error.code === code;
}
