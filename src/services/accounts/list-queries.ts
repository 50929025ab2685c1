/** Queries for lists of accounts: the caller's own, or all. */
import { and, asc, desc, eq, not, sql, type SQL } from "drizzle-orm";
import { QueryBuilder, type SelectedFields } from "drizzle-orm/sqlite-core";
import type { RunnableQuery } from "drizzle-orm/runnable-query";

import type { PageWindow } from "../../domain/pagination.ts";
import { searchKey } from "../../domain/text.ts";
import { type BuiltQuery, memoize, uncached } from "../../storage/prepared.ts";
import { counters } from "../../storage/internal-tables.ts";
import { accounts, memberships } from "../../storage/schema.ts";
import { callerConditions, type CallerConditions, prepareForCaller } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import {
  afterCursor,
  containsTerms,
  countQuery,
  isIndexed,
  limitIf,
  matchesIndex,
  orderById,
  type PlaceholdersOf,
  searchCountLimit,
} from "../pagination.ts";

/** Filters of a list of accounts; all given ones must match. */
export interface AccountFilter {
  readonly id?: number | undefined;
  readonly uuid?: string | undefined;
  readonly name?: string | undefined;
  readonly slug?: string | undefined;
  /** Terms that title or slug must contain. */
  readonly search?: string | undefined;
}

/** The columns of a listed account. */
const listedColumns = {
  id: accounts.id,
  uuid: accounts.uuid,
  slug: accounts.slug,
  title: accounts.title,
  titleKey: accounts.titleKey,
  logoHash: accounts.logoHash,
};

export type ListedAccount = Pick<typeof accounts.$inferSelect, keyof typeof listedColumns>;

/** Selects the same columns from a subquery. */
const outerColumns = Object.fromEntries(
  Object.entries(listedColumns).map(([name, column]) => [
    name,
    sql`${sql.identifier(column.name)}`.as(column.name),
  ]),
) as { [Name in keyof ListedAccount]: SQL.Aliased<ListedAccount[Name]> };

export interface QueryScope {
  readonly queries: QueryBuilder;
  readonly caller: CallerConditions;
}

/** Selects the caller's own accounts. Reads no rows if the caller may read every account. */
export function memberAccountsQuery(
  { queries, caller }: QueryScope,
  filter: AccountFilter,
  terms: readonly string[],
  window: PlaceholdersOf<PageWindow>,
) {
  const isRestricted = not(caller.hasPermission("account:read"));
  const searched = terms.length > 0;
  const mine = and(
    sql`${memberships.userId} = ${caller.userId}`,
    filterCondition(filter),
    searched ? containsTerms(terms, [sql`${accounts.titleKey}`, sql`${accounts.slug}`]) : undefined,
  );
  const joined = eq(accounts.id, memberships.accountId);
  const rows = queries
    .select(listedColumns)
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(and(mine, beyond(searched, window)))
    .orderBy(...ordering(searched, window.descending))
    .limit(limitIf(isRestricted, window.limit))
    .offset(window.offset);
  const every = queries
    .select({ one: sql`1` })
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(mine);
  return { rows, count: countQuery(queries, every) };
}

/** Selects all accounts. Reads no rows unless the caller may read every account. */
export function allAccountsQuery<Row extends ListedAccount>(
  { queries, caller }: QueryScope,
  columns: SelectedFields,
  filter: AccountFilter,
  terms: readonly string[],
  window: PlaceholdersOf<PageWindow>,
): { rows: BuiltQuery<Row[]>; count: BuiltQuery<{ count: number }[]> } {
  const seesAll = caller.hasPermission("account:read");
  const limit = limitIf(seesAll, window.limit);
  if (terms.length > 0) {
    const index = sql`accounts_search`;
    const text = sql`char(1, 1) || ${accounts.titleKey} || char(10, 1, 1) || ${accounts.slug}`;
    const found = and(filterCondition(filter), matchesIndex(index, text, terms));
    const indexed = sql`accounts_search.rowid = ${accounts.id}`;
    const rows = queries
      .select(columns)
      .from(accounts)
      .innerJoin(index, indexed)
      .where(and(found, afterCursor(sql`accounts_search.rowid`, window)))
      .orderBy(orderById(sql`accounts_search.rowid`, window))
      .limit(limit)
      .offset(window.offset);
    // If the index alone decides, its matches are counted without reading the accounts.
    const counts = queries.select({ one: sql`1` }).from(index);
    const searched =
      isIndexed(terms) && filterCondition(filter) === undefined
        ? counts
        : counts.innerJoin(accounts, indexed);
    const every = searched.where(found).limit(limitIf(seesAll, searchCountLimit));
    return { rows: rows as BuiltQuery<unknown> as BuiltQuery<Row[]>, count: countQuery(queries, every) };
  }
  const narrowed = filterCondition(filter);
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

/** Returns the condition of the filters; undefined without filters. */
function filterCondition(filter: AccountFilter): SQL | undefined {
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

type PageQueries = readonly [
  rows: RunnableQuery<ListedAccount[], "sqlite">,
  count: RunnableQuery<{ count: number }[], "sqlite">,
];

/**
 * Returns the queries of a page: its rows and the count of all. They are prepared if the page is neither filtered
 * nor searched, as most are.
 */
export function pageQueries(
  ctx: Context,
  filter: AccountFilter,
  terms: readonly string[],
  window: PageWindow,
): PageQueries {
  const { db } = ctx;
  if (terms.length === 0 && filterCondition(filter) === undefined) {
    const { descending, afterKeys, limit, offset } = window;
    const { rows, count } = plainPage(afterKeys === undefined)(descending);
    const [firstKey = null, secondKey = null] = afterKeys ?? [];
    return [
      rows(ctx, { limit, offset, firstKey, secondKey }),
      count(ctx, { limit, offset, firstKey, secondKey }),
    ];
  }
  const scope = { queries: new QueryBuilder(), caller: callerConditions(ctx) };
  const { rows, count } = visibleAccounts(scope, filter, terms, window);
  return [uncached(db, rows), uncached(db, count)];
}

const plainPage = memoize((isFirst: boolean) =>
  memoize((descending: boolean) => {
    const window = {
      descending,
      afterKeys: isFirst ? undefined : [sql.placeholder("firstKey"), sql.placeholder("secondKey")],
      limit: sql.placeholder("limit"),
      offset: sql.placeholder("offset"),
    };
    return {
      rows: prepareForCaller((queries, caller) => visibleAccounts({ queries, caller }, {}, [], window).rows),
      count: prepareForCaller(
        (queries, caller) => visibleAccounts({ queries, caller }, {}, [], window).count,
      ),
    };
  }),
);

/** Selects all accounts or the caller's own, depending on the caller's permission; the other part reads no rows. */
function visibleAccounts(
  scope: QueryScope,
  filter: AccountFilter,
  terms: readonly string[],
  window: PlaceholdersOf<PageWindow>,
): { rows: BuiltQuery<ListedAccount[]>; count: BuiltQuery<{ count: number }[]> } {
  const { queries, caller } = scope;
  const all = allAccountsQuery(scope, listedColumns, filter, terms, window);
  const own = memberAccountsQuery(scope, filter, terms, window);
  const either = sql`(select * from ${own.rows} union all select * from ${all.rows})`;
  const count = sql<number>`case when ${caller.hasPermission("account:read")} then ${all.count} else ${own.count} end`;
  return {
    rows: queries.select(outerColumns).from(either),
    count: queries.select({ count: count.as("count") }).from(sql`(select 1)`),
  };
}
