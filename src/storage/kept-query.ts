/**
 * Queries whose text never changes, only their values: each is built once an isolate and bound for
 * every request, as building one takes as long as all the rest of a request (docs/benchmarks.md).
 */
import { fillPlaceholders, is, SQL, type Query } from "drizzle-orm";
import { QueryBuilder, SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { RunnableQuery } from "drizzle-orm/runnable-query";

import type { Database } from "./database.ts";

/** A query as Drizzle builds it. */
export interface BuiltQuery<Result> {
  readonly _: { readonly result: Result; readonly selectedFields: object };
  toSQL(): Query;
}

/** What is bound where the query has a placeholder of that name. */
export type Values = Readonly<Record<string, string | number | null>>;

/** A query to be run in a batch, with these values in it. */
export type KeptQuery<Result> = (db: Database, values: Values) => RunnableQuery<Result, "sqlite">;

/** Keeps a query of plain columns and named expressions; what changes from request to request must be a placeholder. */
export function keepQuery<Result>(build: (queries: QueryBuilder) => BuiltQuery<Result>): KeptQuery<Result> {
  let kept: Kept | undefined;
  return (db, values) => bind(db, (kept ??= toKeep(build(new QueryBuilder()))), values);
}

/** A query that is not kept, to be run in a batch. */
export function runnable<Result>(db: Database, query: BuiltQuery<Result>): RunnableQuery<Result, "sqlite"> {
  return bind(db, toKeep(query), {});
}

type Row = Record<string, unknown>;

interface Kept {
  readonly query: Query;
  readonly read: (row: Row) => Row;
}

function bind<Result>(db: Database, { query, read }: Kept, values: Values): RunnableQuery<Result, "sqlite"> {
  const prepared = {
    stmt: db.$client.prepare(query.sql),
    getQuery: () => ({ sql: query.sql, params: fillPlaceholders(query.params, { ...values }) }),
    mapResult: ({ results }: D1Result<Row>) => results.map(read),
  };
  // What Drizzle's batch asks of a query; of its types a batch knows the result alone.
  const item: unknown = { _prepare: () => prepared };
  return item as RunnableQuery<Result, "sqlite">;
}

function toKeep(built: BuiltQuery<unknown>): Kept {
  const columns = Object.entries(built._.selectedFields).map(([name, field]) => readerOf(name, field));
  const read = (row: Row): Row => {
    const result: Row = {};
    for (const { name, column, decode } of columns) {
      const value = row[column];
      result[name] = value === null || decode === undefined ? value : decode(value);
    }
    return result;
  };
  return { query: built.toSQL(), read };
}

function readerOf(name: string, field: unknown) {
  if (is(field, SQLiteColumn)) {
    const plain = field.mapFromDriverValue === SQLiteColumn.prototype.mapFromDriverValue;
    return {
      name,
      column: field.name,
      decode: plain ? undefined : (value: unknown) => field.mapFromDriverValue(value),
    };
  }
  if (is(field, SQL.Aliased)) return { name, column: field.fieldAlias, decode: undefined };
  throw new Error(`${name} is neither a column nor named`);
}
