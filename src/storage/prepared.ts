/**
 * Statements whose text never changes, only their values. Each is built once per isolate and bound for every
 * request, because building one takes as long as the rest of a request (docs/benchmarks.md).
 */
import { fillPlaceholders, is, type Placeholder, type Query, sql, SQL } from "drizzle-orm";
import { QueryBuilder, SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { RunnableQuery } from "drizzle-orm/runnable-query";

import {
  type CompiledStatement,
  compileStatement,
  type Database,
  openDatabase,
  type QueryParams,
  type Statement,
  toStatement,
} from "./database.ts";

/** A query as Drizzle builds it. */
export interface BuiltQuery<Result> {
  readonly _: { readonly result: Result; readonly selectedFields: object };
  toSQL(): Query;
}

/** Binds a prepared query for `runBatch`. */
export type PreparedQuery<Result> = (db: Database, params?: QueryParams) => RunnableQuery<Result, "sqlite">;

/** Prepares a query of plain columns and aliased expressions. Values that vary must be placeholders. */
export function prepareQuery<Result>(
  build: (queries: QueryBuilder) => BuiltQuery<Result>,
): PreparedQuery<Result> {
  let compiled: Compiled | undefined;
  return (db, params = {}) => bind(db, (compiled ??= compile(build(new QueryBuilder()))), params);
}

/** Returns a query as a statement for `runBatch` without caching it. */
export function uncached<Result>(db: Database, query: BuiltQuery<Result>): RunnableQuery<Result, "sqlite"> {
  return bind(db, compile(query), {});
}

/** Placeholders by name. */
export type Placeholders<Name extends string> = Readonly<Record<Name, Placeholder>>;

/**
 * Parameter values. Values bound to a column are encoded by that column; for a JSON column, null is stored as
 * JSON null.
 */
export type Params<Name extends string> = Readonly<Record<Name, string | number | boolean | object | null>>;

/** Binds a prepared statement for `runBatch`. */
export type PreparedStatement<Name extends string, Result> = (
  db: Database,
  params: Params<Name>,
) => RunnableQuery<Result, "sqlite">;

/** Prepares a statement that writes. Values that vary must be placeholders with the given names. */
export function prepareStatement<Name extends string, Item extends Statement>(
  names: readonly Name[],
  build: (db: Database, placeholders: Placeholders<Name>) => Item,
): PreparedStatement<Name, Item["_"]["result"]> {
  let compiled: Compiled | undefined;
  return (db, params) => {
    // Built with a database of its own: the cache must not hold on to a request's.
    compiled ??= toCompiled(compileStatement(build(openDatabase(db.primary), placeholdersOf(names))));
    return bind(db, compiled, params);
  };
}

/** Caches the result of `make` for each key. The keys must be few. */
export function memoize<Key, Made extends object>(make: (key: Key) => Made): (key: Key) => Made {
  const cache = new Map<Key, Made>();
  return (key) => {
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const made = make(key);
    cache.set(key, made);
    return made;
  };
}

interface Compiled {
  readonly query: Query;
  readonly mapResult: CompiledStatement["mapResult"];
}

function bind<Result>(
  db: Database,
  { query, mapResult }: Compiled,
  params: Params<string>,
): RunnableQuery<Result, "sqlite"> {
  const values = fillPlaceholders(query.params, { ...db.params, ...params });
  return toStatement(db, { sql: query.sql, params: values }, mapResult, true);
}

function placeholdersOf<Name extends string>(names: readonly Name[]): Placeholders<Name> {
  const entries = names.map((name): [string, Placeholder] => [name, sql.placeholder(name)]);
  return Object.fromEntries(entries) as Record<Name, Placeholder>;
}

function toCompiled(compiled: CompiledStatement): Compiled {
  return {
    query: compiled.getQuery(),
    mapResult: (result, fromBatch) => compiled.mapResult(result, fromBatch),
  };
}

type Row = Record<string, unknown>;

function compile(built: BuiltQuery<unknown>): Compiled {
  const columns = Object.entries(built._.selectedFields).map(([name, field]) => columnReader(name, field));
  const read = (row: Row): Row => {
    const result: Row = {};
    for (const { name, column, decode } of columns) {
      const value = row[column];
      result[name] = value === null || decode === undefined ? value : decode(value);
    }
    return result;
  };
  return { query: built.toSQL(), mapResult: ({ results }) => (results as Row[]).map(read) };
}

function columnReader(name: string, field: unknown) {
  if (is(field, SQLiteColumn)) {
    const plain = field.mapFromDriverValue === SQLiteColumn.prototype.mapFromDriverValue;
    return {
      name,
      column: field.name,
      decode: plain ? undefined : (value: unknown) => field.mapFromDriverValue(value),
    };
  }
  if (is(field, SQL.Aliased)) return { name, column: field.fieldAlias, decode: undefined };
  throw new Error(`${name} is neither a column nor an aliased expression`);
}
