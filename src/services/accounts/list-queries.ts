/** The accounts a list is made of: the caller's own, or every one. */
import { and, asc, desc, eq, not, sql, type SQL } from "drizzle-orm";
import { QueryBuilder, type SelectedFields } from "drizzle-orm/sqlite-core";
import type { RunnableQuery } from "drizzle-orm/runnable-query";

import type { PageWindow } from "../../domain/pagination.ts";
import { searchKey } from "../../domain/text.ts";
import { type BuiltQuery, type PreparedQuery, prepareQuery, uncached } from "../../storage/prepared.ts";
import { accounts, counters, memberships } from "../../storage/schema.ts";
import {
  callerConditions,
  type CallerConditions,
  identityConditions,
  identityParams,
} from "../caller/conditions.ts";
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

/** What a page of accounts asks the database. */

/** The rows of a page, and how many there are on all. */
type PageQueries = readonly [
  RunnableQuery<ListedAccount[], "sqlite">,
  RunnableQuery<{ count: number }[], "sqlite">,
];

/** The queries of a page; those of one that is neither filtered nor searched, which most are, are kept. */
export function pageQueries(
  ctx: Context,
  filter: AccountFilter,
  terms: readonly string[],
  window: PageWindow,
): PageQueries {
  const { db, principal } = ctx;
  if (terms.length === 0 && filtered(filter) === undefined && principal.kind === "identity") {
    return plainPage(ctx, window);
  }
  const { rows, count } = visibleAccounts(
    { queries: new QueryBuilder(), asker: callerConditions(ctx) },
    filter,
    terms,
    window,
  );
  return [uncached(db, rows), uncached(db, count)];
}

/** What the caller sees: all accounts or their own; of the other nothing is read. */
function visibleAccounts(
  scope: QueryScope,
  filter: AccountFilter,
  terms: readonly string[],
  window: PlaceholdersOf<PageWindow>,
): { rows: BuiltQuery<ListedAccount[]>; count: BuiltQuery<{ count: number }[]> } {
  const { queries, asker } = scope;
  const all = allAccountsQuery(scope, listedColumns, filter, terms, window);
  const own = memberAccountsQuery(scope, filter, terms, window);
  const seen = {
    id: sql<number>`id`.as("id"),
    uuid: sql<string>`uuid`.as("uuid"),
    slug: sql<string>`slug`.as("slug"),
    title: sql<string>`title`.as("title"),
    titleKey: sql<string>`title_key`.as("title_key"),
    logoHash: sql<string | null>`logo_hash`.as("logo_hash"),
  };
  const either = sql`(select * from ${own.rows} union all select * from ${all.rows})`;
  const count = sql<number>`case when ${asker.hasPermission("account:read")} then ${all.count} else ${own.count} end`;
  return {
    rows: queries.select(seen).from(either),
    count: queries.select({ count: count.as("count") }).from(sql`(select 1)`),
  };
}

/** By the way a page is walked to. */
const plainPages = new Map<string, PlainPage>();

interface PlainPage {
  readonly rows: PreparedQuery<ListedAccount[]>;
  readonly count: PreparedQuery<{ count: number }[]>;
}

function plainPage(ctx: Context, { descending, afterKeys: keys, limit, offset }: PageWindow): PageQueries {
  const way = `${descending}, ${keys !== undefined}`;
  const { rows, count } = plainPages.get(way) ?? keepPlainPage(descending, keys !== undefined);
  plainPages.set(way, { rows, count });
  const [first = null, second = null] = keys ?? [];
  const values = { ...identityParams(ctx), limit, offset, first, second };
  return [rows(ctx.db, values), count(ctx.db, values)];
}

function keepPlainPage(descending: boolean, walked: boolean): PlainPage {
  const window = {
    descending,
    afterKeys: walked ? [sql.placeholder("first"), sql.placeholder("second")] : undefined,
    limit: sql.placeholder("limit"),
    offset: sql.placeholder("offset"),
  };
  const build = (queries: QueryBuilder) =>
    visibleAccounts({ queries, asker: identityConditions }, {}, [], window);
  return {
    rows: prepareQuery((queries) => build(queries).rows),
    count: prepareQuery((queries) => build(queries).count),
  };
}
