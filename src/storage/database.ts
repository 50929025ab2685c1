import { type Query, sql, type SQL } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

import { DomainError, type ErrorCode } from "../domain/errors.ts";
import { retry } from "../domain/retry.ts";
import { RequestStats } from "./request-stats.ts";
import { preconditions } from "./schema.ts";

export type Database = DrizzleD1Database & {
  readonly $client: D1Database;
  /** Counts what is asked of it by `runBatch`. */
  readonly stats: RequestStats;
  /** Asked where a session fails, for whatever reason: its bookmark came from a client. */
  readonly primary: D1Database;
};
export type Statement = BatchItem<"sqlite">;
type Statements = readonly [Statement, ...Statement[]];

/** A statement as Drizzle's own batch takes it. */
export interface CompiledStatement {
  readonly stmt: D1PreparedStatement;
  readonly getQuery: () => Query;
  readonly mapResult: (result: D1Result, fromBatch: true) => unknown;
}

/** Opens the database, or a session of it; what a session cannot read is asked of `primary`. */
export function openDatabase(
  d1: D1Database | D1DatabaseSession,
  stats = new RequestStats(),
  primary: D1Database | D1DatabaseSession = d1,
): Database {
  // Drizzle and this module ask nothing of a database that a session has not.
  return Object.assign(drizzle(d1 as D1Database), { stats, primary: primary as D1Database });
}

/**
 * Runs statements as one transaction in one round trip: all of them or none. A refusal by a
 * precondition or a trigger is thrown as the DomainError it names. Statements that only read are tried
 * again where the database is overloaded or restarts; whether others were done is not known then.
 */
export async function runBatch<Items extends Statements>(
  db: Database,
  items: Items,
): Promise<BatchResponse<[...Items]>> {
  const prepared = items.map(compileStatement);
  const queries = prepared.map((statement) => statement.getQuery());
  const bound = prepared.map(({ stmt }, place) => stmt.bind(...(queries[place]?.params ?? [])));
  const run = () => sendBatch(db, db.$client, bound, queries);
  const results = queries.every(({ sql: text }) => reads.test(text))
    ? await retry(run, isUnavailable).catch((error: unknown) => {
        if (db.primary === db.$client) throw error;
        const again = queries.map(({ sql: text, params }) => db.primary.prepare(text).bind(...params));
        return sendBatch(db, db.primary, again, queries);
      })
    : await run();
  return results.map((result, place) => prepared[place]?.mapResult(result, true)) as BatchResponse<
    [...Items]
  >;
}

/** What Drizzle makes of a statement for a batch: it keeps this from its types, and its own batch drops what one cost. */
export function compileStatement(item: Statement): CompiledStatement {
  const known: unknown = item;
  return (known as { _prepare: () => CompiledStatement })._prepare();
}

/** A query that is built, as a statement for a batch. */
export function toStatement<Result>(
  db: Database,
  query: Query,
  mapResult: CompiledStatement["mapResult"],
): RunnableQuery<Result, "sqlite"> {
  const prepared: CompiledStatement = {
    stmt: db.$client.prepare(query.sql),
    getQuery: () => query,
    mapResult,
  };
  // What `prepare` asks of a statement; of its types a batch knows the result alone.
  const item: unknown = { _prepare: () => prepared };
  return item as RunnableQuery<Result, "sqlite">;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.code === "storage_unavailable";
}

const reads = /^\s*(?:select|with)\b/i;

async function sendBatch(
  { stats }: Database,
  to: D1Database,
  statements: D1PreparedStatement[],
  queries: readonly Query[],
): Promise<D1Result[]> {
  stats.roundTrips += 1;
  try {
    const results = await to.batch(statements);
    for (const { meta } of results) {
      stats.rowsRead += meta.rows_read;
      stats.rowsWritten += meta.rows_written;
    }
    stats.trace?.(
      queries,
      results.map(({ meta }) => meta),
    );
    return results;
  } catch (error) {
    stats.trace?.(queries, undefined);
    throw toDomainError(error) ?? error;
  }
}

/** A statement that aborts its batch with `code` unless `holds` is true when the batch runs. */
export function assertion(db: Database, code: RaisedByDatabase, holds: SQL): Statement {
  // Every change has some: Drizzle's insert would take longer to build than most of the conditions.
  const insert = sql`insert into ${preconditions} ("name", "holds") values (${code}, ${holds})`;
  return toStatement(db, dialect.sqlToQuery(insert), (result) => result);
}

const dialect = new SQLiteAsyncDialect();

/** The refusals that preconditions and triggers raise by name. */
const raisedByDatabase = [
  "token_invalid",
  "slug_taken",
  "last_owner",
  "owned_account_limit_reached",
  "seat_limit_reached",
  "invitation_pending",
  "already_member",
  "access_token_limit_reached",
  "resend_too_soon",
  "zone_slug_taken",
  "zone_in_use",
  "version_mismatch",
  "import_incompatible",
  "conflict",
] as const satisfies readonly ErrorCode[];
type RaisedByDatabase = (typeof raisedByDatabase)[number];

/** Whether the database refused a batch for a constraint or trigger of its own. */
export function isConstraintError(error: unknown): boolean {
  return messagesOf(error).includes("SQLITE_CONSTRAINT");
}

/** What D1 says of itself, and not of a statement: its list of errors tells what passes. */
const unavailable =
  /overloaded|reset|timed? ?out|network connection lost|storage caused object|transient issue|disconnected/i;

function toDomainError(error: unknown): DomainError | undefined {
  const message = messagesOf(error);
  const raised = /(?:^|[^a-z_])([a-z_]+): SQLITE_CONSTRAINT/.exec(message)?.[1];
  const code = raisedByDatabase.find((name) => name === raised);
  if (code !== undefined) return new DomainError(code);
  // Which of these words it was: the rest of the message may hold more.
  const reason = unavailable.exec(message)?.[0].toLowerCase();
  return reason === undefined ? undefined : new DomainError("storage_unavailable", { retryAfter: 1 }, reason);
}

/** The messages of an error and its causes; for reading only, as they hold SQL and values. */
function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${messagesOf(error.cause)}` : "";
}
