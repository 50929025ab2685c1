/**
 * Statements whose text never changes, only their values: each is built once an isolate and bound for
 * every request, as building one takes as long as all the rest of a request (docs/benchmarks.md).
 */
import { fillPlaceholders, is, type Placeholder, type Query, sql, SQL } from "drizzle-orm";
import { QueryBuilder, SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { RunnableQuery } from "drizzle-orm/runnable-query";

import {
  type CompiledStatement,
  compileStatement,
  type Database,
  openDatabase,
  type Statement,
  toStatement,
} from "./database.ts";

/** A query as Drizzle builds it. */
export interface BuiltQuery<Result> {
  readonly _: { readonly result: Result; readonly selectedFields: object };
  toSQL(): Query;
}

/** What is bound where the query has a placeholder of that name. */
export type QueryParams = Readonly<Record<string, string | number | null>>;

/** A query to be run in a batch, with these values in it. */
export type PreparedQuery<Result> = (db: Database, values: QueryParams) => RunnableQuery<Result, "sqlite">;

/** Keeps a query of plain columns and named expressions; what changes from request to request must be a placeholder. */
export function prepareQuery<Result>(
  build: (queries: QueryBuilder) => BuiltQuery<Result>,
): PreparedQuery<Result> {
  let kept: Compiled | undefined;
  return (db, values) => bind(db, (kept ??= compile(build(new QueryBuilder()))), values);
}

/** A query that is not kept, to be run in a batch. */
export function uncached<Result>(db: Database, query: BuiltQuery<Result>): RunnableQuery<Result, "sqlite"> {
  return bind(db, compile(query), {});
}

/** Placeholders by their names. */
export type Placeholders<Name extends string> = Readonly<Record<Name, Placeholder>>;

/** What fills them: as the column takes it, where one is a column's value; null there is what the column makes of it, JSON's in one of JSON. */
export type Params<Name extends string> = Readonly<Record<Name, string | number | boolean | object | null>>;

/** A statement to be run in a batch, with these values in it. */
export type PreparedStatement<Name extends string, Result> = (
  db: Database,
  values: Params<Name>,
) => RunnableQuery<Result, "sqlite">;

/** Keeps a statement that writes; what changes from request to request must have one of the names. */
export function prepareStatement<Name extends string, Item extends Statement>(
  names: readonly Name[],
  build: (db: Database, slots: Placeholders<Name>) => Item,
): PreparedStatement<Name, Item["_"]["result"]> {
  let kept: Compiled | undefined;
  return (db, values) => {
    // Not by the database of a request, which would be held on to.
    kept ??= toCompiled(compileStatement(build(openDatabase(db.primary), placeholdersOf(names))));
    return bind(db, kept, values);
  };
}

/** Keeps one for each kind, built when its first is asked for; the kinds must be few. */
export function memoize<Kind, Each extends object>(keep: (kind: Kind) => Each): (kind: Kind) => Each {
  const kept = new Map<Kind, Each>();
  return (kind) => {
    const known = kept.get(kind);
    if (known !== undefined) return known;
    const each = keep(kind);
    kept.set(kind, each);
    return each;
  };
}

interface Compiled {
  readonly query: Query;
  readonly mapResult: CompiledStatement["mapResult"];
}

function bind<Result>(
  db: Database,
  { query, mapResult }: Compiled,
  values: Params<string>,
): RunnableQuery<Result, "sqlite"> {
  const params = fillPlaceholders(query.params, { ...values });
  return toStatement(db, { sql: query.sql, params }, mapResult);
}

function placeholdersOf<Name extends string>(names: readonly Name[]): Placeholders<Name> {
  const slots = names.map((name): [string, Placeholder] => [name, sql.placeholder(name)]);
  return Object.fromEntries(slots) as Record<Name, Placeholder>;
}

function toCompiled(prepared: CompiledStatement): Compiled {
  return {
    query: prepared.getQuery(),
    mapResult: (result, fromBatch) => prepared.mapResult(result, fromBatch),
  };
}

type Row = Record<string, unknown>;

function compile(built: BuiltQuery<unknown>): Compiled {
  const columns = Object.entries(built._.selectedFields).map(([name, field]) => readerOf(name, field));
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
