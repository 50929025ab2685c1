/** What a page of accounts asks the database. */
import { sql } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { Window } from "../../domain/page.ts";
import { keepQuery, runnable, type BuiltQuery, type KeptQuery } from "../../storage/kept-query.ts";
import { askerOf, identitySlots, identityValues } from "../asker.ts";
import type { Context } from "../context.ts";
import type { Slots } from "../paging.ts";
import {
  everyAccount,
  filtered,
  listed,
  ownAccounts,
  type AccountFilter,
  type ListedAccount,
  type Scope,
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
