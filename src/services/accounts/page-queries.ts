/** What a page of accounts asks the database. */
import { sql } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { PageWindow } from "../../domain/page.ts";
import { prepareQuery, uncached, type BuiltQuery, type PreparedQuery } from "../../storage/kept-query.ts";
import { callerConditions, identityConditions, identityParams } from "../asker.ts";
import type { Context } from "../context.ts";
import type { PlaceholdersOf } from "../paging.ts";
import {
  allAccountsQuery,
  filtered,
  listedColumns,
  memberAccountsQuery,
  type AccountFilter,
  type ListedAccount,
  type QueryScope,
} from "./listed-accounts.ts";

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
