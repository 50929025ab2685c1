/** What a page of accounts asks the database. */
import { and, asc, desc, eq, not, sql, type SQL } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { QueryBuilder, type SelectedFields } from "drizzle-orm/sqlite-core";

import type { Window } from "../../domain/page.ts";
import { searchKey } from "../../domain/text.ts";
import { keepQuery, runnable, type BuiltQuery, type KeptQuery } from "../../storage/kept-query.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { counters } from "../../storage/schema/counters.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import { askerOf, identitySlots, identityValues, type Asker } from "../caller.ts";
import type { Context } from "../context.ts";
import {
  beyondId,
  byId,
  containsTerms,
  countIn,
  limitWhere,
  isIndexed,
  matchesIndex,
  searchCountLimit,
  type Slots,
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

const listed = {
  id: accounts.id,
  uuid: accounts.uuid,
  slug: accounts.slug,
  title: accounts.title,
  titleKey: accounts.titleKey,
  logoHash: accounts.logoHash,
};

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
  window: Window,
): PageQueries {
  const { db, principal } = ctx;
  if (terms.length === 0 && filtered(filter) === undefined && principal.kind === "identity") {
    return plainPage(ctx, window);
  }
  const { rows, count } = visibleAccounts(
    { queries: new QueryBuilder(), asker: askerOf(ctx) },
    filter,
    terms,
    window,
  );
  return [runnable(db, rows), runnable(db, count)];
}

/** What the caller sees: all accounts or their own; of the other nothing is read. */
function visibleAccounts(
  scope: Scope,
  filter: AccountFilter,
  terms: readonly string[],
  window: Slots<Window>,
): { rows: BuiltQuery<ListedAccount[]>; count: BuiltQuery<{ count: number }[]> } {
  const { queries, asker } = scope;
  const all = everyAccount(scope, listed, filter, terms, window);
  const own = ownAccounts(scope, filter, terms, window);
  const seen = {
    id: sql<number>`id`.as("id"),
    uuid: sql<string>`uuid`.as("uuid"),
    slug: sql<string>`slug`.as("slug"),
    title: sql<string>`title`.as("title"),
    titleKey: sql<string>`title_key`.as("title_key"),
    logoHash: sql<string | null>`logo_hash`.as("logo_hash"),
  };
  const either = sql`(select * from ${own.rows} union all select * from ${all.rows})`;
  const count = sql<number>`case when ${asker.has("account:read")} then ${all.count} else ${own.count} end`;
  return {
    rows: queries.select(seen).from(either),
    count: queries.select({ count: count.as("count") }).from(sql`(select 1)`),
  };
}

/** With what a query is made, and for whom. */
interface Scope {
  readonly queries: QueryBuilder;
  readonly asker: Asker;
}

/** What a caller without the platform-wide permission sees; for anyone with it, it reads nothing. */
function ownAccounts(
  { queries, asker }: Scope,
  filter: AccountFilter,
  terms: readonly string[],
  window: Slots<Window>,
) {
  const concerned = not(asker.has("account:read"));
  const searched = terms.length > 0;
  const mine = and(
    sql`${memberships.userId} = ${asker.me}`,
    filtered(filter),
    searched ? containsTerms(terms, [sql`${accounts.titleKey}`, sql`${accounts.slug}`]) : undefined,
  );
  const joined = eq(accounts.id, memberships.accountId);
  const rows = queries
    .select(listed)
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(and(mine, beyond(searched, window)))
    .orderBy(...ordering(searched, window.descending))
    .limit(limitWhere(concerned, window.limit))
    .offset(window.offset);
  const every = queries
    .select({ one: sql`1` })
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(mine);
  return { rows, count: countIn(queries, every) };
}

/** What a caller with the platform-wide permission sees; for anyone without it, it reads nothing. */
export function everyAccount<Row extends ListedAccount>(
  { queries, asker }: Scope,
  columns: SelectedFields,
  filter: AccountFilter,
  terms: readonly string[],
  window: Slots<Window>,
): { rows: BuiltQuery<Row[]>; count: BuiltQuery<{ count: number }[]> } {
  const seesAll = asker.has("account:read");
  const limit = limitWhere(seesAll, window.limit);
  if (terms.length > 0) {
    const index = sql`accounts_search`;
    const text = sql`char(1, 1) || ${accounts.titleKey} || char(10, 1, 1) || ${accounts.slug}`;
    const found = and(filtered(filter), matchesIndex(index, text, terms));
    const indexed = sql`accounts_search.rowid = ${accounts.id}`;
    const rows = queries
      .select(columns)
      .from(accounts)
      .innerJoin(index, indexed)
      .where(and(found, beyondId(sql`accounts_search.rowid`, window)))
      .orderBy(byId(sql`accounts_search.rowid`, window))
      .limit(limit)
      .offset(window.offset);
    // Where the index alone decides, the accounts it finds are not looked at to be counted.
    const counts = queries.select({ one: sql`1` }).from(index);
    const searched =
      isIndexed(terms) && filtered(filter) === undefined ? counts : counts.innerJoin(accounts, indexed);
    const every = searched.where(found).limit(limitWhere(seesAll, searchCountLimit));
    return { rows: rows as BuiltQuery<unknown> as BuiltQuery<Row[]>, count: countIn(queries, every) };
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
    .limit(limitWhere(seesAll, -1));
  return { rows, count: countIn(queries, every) };
}

/** By the way a page is walked to. */
const plainPages = new Map<string, PlainPage>();

interface PlainPage {
  readonly rows: KeptQuery<ListedAccount[]>;
  readonly count: KeptQuery<{ count: number }[]>;
}

function plainPage(ctx: Context, { descending, beyond: keys, limit, offset }: Window): PageQueries {
  const way = `${descending}, ${keys !== undefined}`;
  const { rows, count } = plainPages.get(way) ?? keepPlainPage(descending, keys !== undefined);
  plainPages.set(way, { rows, count });
  const [first = null, second = null] = keys ?? [];
  const values = { ...identityValues(ctx), limit, offset, first, second };
  return [rows(ctx.db, values), count(ctx.db, values)];
}

function keepPlainPage(descending: boolean, walked: boolean): PlainPage {
  const window = {
    descending,
    beyond: walked ? [sql.placeholder("first"), sql.placeholder("second")] : undefined,
    limit: sql.placeholder("limit"),
    offset: sql.placeholder("offset"),
  };
  const build = (queries: QueryBuilder) => visibleAccounts({ queries, asker: identitySlots }, {}, [], window);
  return {
    rows: keepQuery((queries) => build(queries).rows),
    count: keepQuery((queries) => build(queries).count),
  };
}

function filtered(filter: AccountFilter): SQL | undefined {
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

function beyond(searched: boolean, window: Slots<Window>): SQL | undefined {
  const { beyond: keys, descending } = window;
  if (keys === undefined || searched) return beyondId(sql`accounts.id`, window);
  const operator = descending ? sql`<` : sql`>`;
  return sql`(${accounts.titleKey}, ${accounts.ordinal}) ${operator} (${keys[0]}, ${keys[1]})`;
}
