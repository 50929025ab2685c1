import { type Placeholder, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { PageWindow } from "../domain/pagination.ts";
import { isUnsearchable, toIndexedSearch } from "../domain/search.ts";
import type { Context } from "./caller/context.ts";

/** The highest count of a platform-wide search. */
export const searchCountLimit = 10_000;

/** A page window whose values may be placeholders of a prepared query. */
export type PlaceholdersOf<Of extends PageWindow> = Pick<Of, "descending"> & {
  readonly afterKeys: readonly (string | number | Placeholder)[] | undefined;
  readonly offset: number | Placeholder;
  readonly limit: number | Placeholder;
};

export const countAll = sql<number>`count(*)`.as("count");

/**
 * Returns a LIMIT that is 0 unless `allowed`; -1 means no limit. SQLite evaluates the limit before it reads a row,
 * and a subquery in WHERE only afterwards.
 */
export function limitIf(allowed: SQL, limit: number | Placeholder): number {
  const expression: unknown = sql`case when ${allowed} then ${limit} else 0 end`;
  // Drizzle renders an expression here, but its types allow only numbers.
  return expression as number;
}

/** Whether each term occurs in one of the texts. Scans row by row: only for few rows. */
export function containsTerms(terms: readonly string[], texts: readonly SQL[]): SQL {
  return terms.some(isUnsearchable) ? sql`false` : containsAll(terms, texts);
}

function containsAll(terms: readonly string[], texts: readonly SQL[]): SQL {
  const isMissing = sql.join(
    texts.map((text) => sql`instr(${text}, term.value) = 0`),
    sql` and `,
  );
  return sql`not exists (select 1 from json_each(${JSON.stringify(terms)}) as term where ${isMissing})`;
}

/** Whether each term occurs in the indexed text. `index` is the table of the trigram index, joined by its rowid. */
export function matchesIndex(index: SQL, text: SQL, terms: readonly string[]): SQL {
  const search = toIndexedSearch(terms);
  if (search === undefined) return sql`false`;
  const matched = sql`${index} match ${search.match}`;
  return search.rest.length === 0 ? matched : sql`${matched} and ${containsAll(search.rest, [text])}`;
}

/** Whether the trigram index alone decides which rows contain all terms. */
export function isIndexed(terms: readonly string[]): boolean {
  return toIndexedSearch(terms)?.rest.length === 0;
}

/**
 * Returns the condition for rows after a cursor in a list by id. D1 binds every number as a real; FTS5 seeks to a
 * row id only if it is an integer, and otherwise reads all matches before it.
 */
export function afterCursor(
  id: SQL,
  { afterKeys: keys, descending }: PlaceholdersOf<PageWindow>,
): SQL | undefined {
  if (keys === undefined) return undefined;
  const key = sql`cast(${keys[0]} as integer)`;
  return descending ? sql`${id} < ${key}` : sql`${id} > ${key}`;
}

/** Returns the ordering by id. */
export function orderById(id: SQL, { descending }: Pick<PageWindow, "descending">): SQL {
  return descending ? sql`${id} desc` : sql`${id} asc`;
}

/** Selects the number of rows of a query. */
export function countQuery(queries: QueryBuilder, found: SQLWrapper) {
  return queries.select({ count: countAll }).from(sql`(${found})`);
}

/** The same as a statement for `runBatch`. */
export function countRows(ctx: Context, found: SQLWrapper) {
  return ctx.db.select({ count: countAll }).from(sql`(${found})`);
}
