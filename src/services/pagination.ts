import { type Placeholder, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { PageWindow } from "../domain/pagination.ts";
import { isUnsearchable, toIndexedSearch } from "../domain/search.ts";
import type { Context } from "./caller/context.ts";

/** Where counting what a platform-wide search finds stops. */
export const searchCountLimit = 10_000;

/** A window as a statement has it: values, or in a query that is kept placeholders for them. */
export type PlaceholdersOf<Of extends PageWindow> = Pick<Of, "descending"> & {
  readonly afterKeys: readonly (string | number | Placeholder)[] | undefined;
  readonly offset: number | Placeholder;
  readonly limit: number | Placeholder;
};

export const countAll = sql<number>`count(*)`.as("count");

/**
 * A limit that is 0 unless `allowed`; -1 is no limit. SQLite looks at the limit before it reads a
 * row, at a subquery in WHERE only after.
 */
export function limitIf(allowed: SQL, limit: number | Placeholder): number {
  // Drizzle renders an expression here, though its types know numbers only.
  return sql`case when ${allowed} then ${limit} else 0 end` as unknown as number;
}

/**
 * Every term somewhere in one of the texts, row by row: for rows that are few already. What a text puts
 * between its fields is no part of any field.
 */
export function containsTerms(terms: readonly string[], texts: readonly SQL[]): SQL {
  return terms.some(isUnsearchable) ? sql`false` : holdsAll(terms, texts);
}

function holdsAll(terms: readonly string[], texts: readonly SQL[]): SQL {
  const nowhere = sql.join(
    texts.map((text) => sql`instr(${text}, term.value) = 0`),
    sql` and `,
  );
  return sql`not exists (select 1 from json_each(${JSON.stringify(terms)}) as term where ${nowhere})`;
}

/** Every term in the text a trigram index was made of; `index` is the index's table, joined by its rowid. */
export function matchesIndex(index: SQL, text: SQL, terms: readonly string[]): SQL {
  const search = toIndexedSearch(terms);
  if (search === undefined) return sql`false`;
  const matched = sql`${index} match ${search.match}`;
  return search.rest.length === 0 ? matched : sql`${matched} and ${holdsAll(search.rest, [text])}`;
}

/** Whether a trigram index decides by itself which rows have all terms. */
export function isIndexed(terms: readonly string[]): boolean {
  return toIndexedSearch(terms)?.rest.length === 0;
}

/**
 * What lies beyond a cursor in a list by id. D1 binds every number as a real, and FTS5 starts at a
 * row id only when it is told an integer; else it walks all matches before it.
 */
export function afterCursor(
  id: SQL,
  { afterKeys: keys, descending }: PlaceholdersOf<PageWindow>,
): SQL | undefined {
  if (keys === undefined) return undefined;
  const key = sql`cast(${keys[0]} as integer)`;
  return descending ? sql`${id} < ${key}` : sql`${id} > ${key}`;
}

/** The order of a list by id. */
export function orderById(id: SQL, { descending }: Pick<PageWindow, "descending">): SQL {
  return descending ? sql`${id} desc` : sql`${id} asc`;
}

/** Counts what a query finds. */
export function countQuery(queries: QueryBuilder, found: SQLWrapper) {
  return queries.select({ count: countAll }).from(sql`(${found})`);
}

/** The same as a statement to be run. */
export function countRows(ctx: Context, found: SQLWrapper) {
  return ctx.db.select({ count: countAll }).from(sql`(${found})`);
}
