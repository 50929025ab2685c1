import { fillPlaceholders, sql, type Query, type SQL } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

import { DomainError, type ErrorCode } from "../domain/errors.ts";
import { retry } from "../domain/retry.ts";
import { RequestStats } from "./request-stats.ts";
import { preconditions } from "./internal-tables.ts";

/** Values of placeholders by name. */
export type QueryParams = Readonly<Record<string, string | number | null>>;

export type Database = DrizzleD1Database & {
  readonly $client: D1Database;
  /** Counts the round trips and rows of `runBatch`. */
  readonly stats: RequestStats;
  /** Used when a session fails: its bookmark came from a client. */
  readonly primary: D1Database;
  /** Values of the placeholders that any statement of this request may contain. */
  readonly params: QueryParams;
};
export type Statement = BatchItem<"sqlite">;
type Statements = readonly [Statement, ...Statement[]];

/** A statement as Drizzle's own batch takes it. */
export interface CompiledStatement {
  readonly stmt: D1PreparedStatement;
  readonly getQuery: () => Query;
  readonly mapResult: (result: D1Result, fromBatch: true) => unknown;
  /** Whether the parameters of the query hold no placeholders. */
  readonly isBound?: boolean;
}

/** Opens the database or a session of it. */
export function openDatabase(
  d1: D1Database | D1DatabaseSession,
  {
    stats = new RequestStats(),
    primary = d1,
    params = {},
  }: {
    readonly stats?: RequestStats;
    readonly primary?: D1Database | D1DatabaseSession;
    readonly params?: QueryParams;
  } = {},
): Database {
  // Drizzle and this module call only methods of a database that a session has too.
  return Object.assign(drizzle(d1 as D1Database), { stats, primary: primary as D1Database, params });
}

/**
 * Runs statements as one transaction in one round trip: all of them or none. Throws the DomainError that a
 * failed assertion or a trigger names. A batch that only reads is retried while the database is overloaded
 * or restarting; a batch that writes is not, because its outcome is unknown.
 */
export async function runBatch<Items extends Statements>(
  db: Database,
  items: Items,
): Promise<BatchResponse<[...Items]>> {
  const compiled = items.map(compileStatement);
  const queries = compiled.map((statement) => {
    const { sql: text, params } = statement.getQuery();
    return { sql: text, params: statement.isBound === true ? params : fillPlaceholders(params, db.params) };
  });
  const bound = compiled.map(({ stmt }, index) => stmt.bind(...(queries[index]?.params ?? [])));
  const run = () => sendBatch(db, db.$client, bound, queries);
  const results = queries.every((query) => readOnly.test(query.sql))
    ? await retry(run, isUnavailable).catch((error: unknown) => {
        if (db.primary === db.$client) throw error;
        const rebound = queries.map((query) => db.primary.prepare(query.sql).bind(...query.params));
        return sendBatch(db, db.primary, rebound, queries);
      })
    : await run();
  return results.map((result, index) => compiled[index]?.mapResult(result, true)) as BatchResponse<
    [...Items]
  >;
}

/**
 * Returns a Drizzle statement in the form its own batch uses. `_prepare` is missing from Drizzle's types;
 * its batch drops the costs that `runBatch` counts. This is the only use of it.
 */
export function compileStatement(item: Statement): CompiledStatement {
  const known: unknown = item;
  return (known as { _prepare: () => CompiledStatement })._prepare();
}

/** Returns a built query as a statement for `runBatch`. `isBound` skips the search for placeholders. */
export function toStatement<Result>(
  db: Database,
  query: Query,
  mapResult: CompiledStatement["mapResult"],
  isBound = false,
): RunnableQuery<Result, "sqlite"> {
  const stmt = db.$client.prepare(query.sql);
  const compiled: CompiledStatement = { stmt, getQuery: () => query, mapResult, isBound };
  // `compileStatement` calls only `_prepare`; the type of a batch needs only the result.
  const item: unknown = { _prepare: () => compiled };
  return item as RunnableQuery<Result, "sqlite">;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.code === "storage_unavailable";
}

const readOnly = /^\s*(?:select|with)\b/i;

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

/** Returns a statement that aborts its batch with `code` unless `condition` is true when the batch runs. */
export function assertion(db: Database, code: RaisedByDatabase, condition: SQL): Statement {
  // Every change has some: Drizzle's insert builder would take longer than most conditions.
  const insert = sql`insert into ${preconditions} ("name", "holds") values (${code}, ${condition})`;
  return toStatement(db, dialect.sqlToQuery(insert), (result) => result);
}

const dialect = new SQLiteAsyncDialect();

/** Error codes that assertions and triggers raise by name. */
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

/** Whether a constraint or trigger of the database refused a batch. */
export function isConstraintError(error: unknown): boolean {
  return messagesOf(error).includes("SQLITE_CONSTRAINT");
}

/** Messages in which D1 reports a passing fault of its own, from its documentation's list of errors. */
const unavailable =
  /overloaded|reset|timed? ?out|network connection lost|storage caused object|transient issue|disconnected/i;

function toDomainError(error: unknown): DomainError | undefined {
  const message = messagesOf(error);
  const raised = /(?:^|[^a-z_])([a-z_]+): SQLITE_CONSTRAINT/.exec(message)?.[1];
  const code = raisedByDatabase.find((name) => name === raised);
  if (code !== undefined) return new DomainError(code);
  // Only the matching words are logged: the rest of the message may hold values.
  const reason = unavailable.exec(message)?.[0].toLowerCase();
  return reason === undefined ? undefined : new DomainError("storage_unavailable", { retryAfter: 1 }, reason);
}

/** Returns the messages of an error and its causes. They may hold SQL and values: never log them. */
function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${messagesOf(error.cause)}` : "";
}
