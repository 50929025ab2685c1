/** The accounts a list is made of: the caller's own, or every one. */
import { and, asc, desc, eq, not, sql, type SQL } from "drizzle-orm";
import type { QueryBuilder, SelectedFields } from "drizzle-orm/sqlite-core";

import type { PageWindow } from "../../domain/page.ts";
import { searchKey } from "../../domain/text.ts";
import type { BuiltQuery } from "../../storage/kept-query.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { counters } from "../../storage/schema/counters.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import type { CallerConditions } from "../asker.ts";
import {
  afterCursor,
  orderById,
  containsTerms,
  countQuery,
  limitIf,
  isIndexed,
  matchesIndex,
  searchCountLimit,
  type PlaceholdersOf,
} from "../paging.ts";

/** What a list of accounts is narrowed to; every filter given must match. */
export interface AccountFilter {
  readonly id?: number | undefined;
  readonly uuid?: string | undefined;
  readonly name?: string | undefined;
  readonly slug?: string | undefined;
  /** Terms to be found in title or slug. */
  readonly search?: string | undefined;
}

export type ListedAccount = Pick<
  typeof accounts.$inferSelect,
  "id" | "uuid" | "slug" | "title" | "titleKey" | "logoHash"
>;

export const listedColumns = {
  id: accounts.id,
  uuid: accounts.uuid,
  slug: accounts.slug,
  title: accounts.title,
  titleKey: accounts.titleKey,
  logoHash: accounts.logoHash,
};

/** With what a query is made, and for whom. */
export interface QueryScope {
  readonly queries: QueryBuilder;
  readonly asker: CallerConditions;
}

/** What a caller without the platform-wide permission sees; for anyone with it, it reads nothing. */
export function memberAccountsQuery(
  { queries, asker }: QueryScope,
  filter: AccountFilter,
  terms: readonly string[],
  window: PlaceholdersOf<PageWindow>,
) {
  const concerned = not(asker.hasPermission("account:read"));
  const searched = terms.length > 0;
  const mine = and(
    sql`${memberships.userId} = ${asker.userId}`,
    filtered(filter),
    searched ? containsTerms(terms, [sql`${accounts.titleKey}`, sql`${accounts.slug}`]) : undefined,
  );
  const joined = eq(accounts.id, memberships.accountId);
  const rows = queries
    .select(listedColumns)
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(and(mine, beyond(searched, window)))
    .orderBy(...ordering(searched, window.descending))
    .limit(limitIf(concerned, window.limit))
    .offset(window.offset);
  const every = queries
    .select({ one: sql`1` })
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(mine);
  return { rows, count: countQuery(queries, every) };
}

/** What a caller with the platform-wide permission sees; for anyone without it, it reads nothing. */
export function allAccountsQuery<Row extends ListedAccount>(
  { queries, asker }: QueryScope,
  columns: SelectedFields,
  filter: AccountFilter,
  terms: readonly string[],
  window: PlaceholdersOf<PageWindow>,
): { rows: BuiltQuery<Row[]>; count: BuiltQuery<{ count: number }[]> } {
  const seesAll = asker.hasPermission("account:read");
  const limit = limitIf(seesAll, window.limit);
  if (terms.length > 0) {
    const index = sql`accounts_search`;
    const text = sql`char(1, 1) || ${accounts.titleKey} || char(10, 1, 1) || ${accounts.slug}`;
    const found = and(filtered(filter), matchesIndex(index, text, terms));
    const indexed = sql`accounts_search.rowid = ${accounts.id}`;
    const rows = queries
      .select(columns)
      .from(accounts)
      .innerJoin(index, indexed)
      .where(and(found, afterCursor(sql`accounts_search.rowid`, window)))
      .orderBy(orderById(sql`accounts_search.rowid`, window))
      .limit(limit)
      .offset(window.offset);
    // Where the index alone decides, the accounts it finds are not looked at to be counted.
    const counts = queries.select({ one: sql`1` }).from(index);
    const searched =
      isIndexed(terms) && filtered(filter) === undefined ? counts : counts.innerJoin(accounts, indexed);
    const every = searched.where(found).limit(limitIf(seesAll, searchCountLimit));
    return { rows: rows as BuiltQuery<unknown> as BuiltQuery<Row[]>, count: countQuery(queries, every) };
  }
  const narrowed = filtered(filter);
  const rows = queries
    .select(columns)
    .from(accounts)
    .where(and(narrowed, beyond(false, window)))
    .orderBy(...ordering(false, window.descending))
    .limit(limit)
    .offset(window.offset) as BuiltQuery<unknown> as BuiltQuery<Row[]>;
  if (narrowed === undefined) {
    const total = queries
      .select({ count: counters.value })
      .from(counters)
      .where(eq(counters.name, "accounts"));
    return { rows, count: total };
  }
  const every = queries
    .select({ one: sql`1` })
    .from(accounts)
    .where(narrowed)
    .limit(limitIf(seesAll, -1));
  return { rows, count: countQuery(queries, every) };
}

/** Undefined where nothing is narrowed. */
export function filtered(filter: AccountFilter): SQL | undefined {
  return and(
    filter.id === undefined ? undefined : eq(accounts.id, filter.id),
    filter.uuid === undefined ? undefined : eq(accounts.uuid, filter.uuid),
    filter.slug === undefined ? undefined : eq(accounts.slug, filter.slug),
    filter.name === undefined
      ? undefined
      : and(eq(accounts.titleKey, searchKey(filter.name)), eq(accounts.title, filter.name)),
  );
}

function ordering(searched: boolean, descending: boolean) {
  const direction = descending ? desc : asc;
  return searched ? [direction(accounts.id)] : [direction(accounts.titleKey), direction(accounts.ordinal)];
}

function beyond(searched: boolean, window: PlaceholdersOf<PageWindow>): SQL | undefined {
  const { afterKeys: keys, descending } = window;
  if (keys === undefined || searched) return afterCursor(sql`accounts.id`, window);
  const operator = descending ? sql`<` : sql`>`;
  return sql`(${accounts.titleKey}, ${accounts.ordinal}) ${operator} (${keys[0]}, ${keys[1]})`;
}
