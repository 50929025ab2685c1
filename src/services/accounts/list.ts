import { and, asc, desc, eq, not, sql, type SQL } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { SelectedFields } from "drizzle-orm/sqlite-core";

import { DomainError } from "../../domain/errors.ts";
import { makePage, pageWindow, type Page, type PageRequest, type Window } from "../../domain/page.ts";
import { searchTerms } from "../../domain/search.ts";
import { searchKey } from "../../domain/text.ts";
import { accounts, counters, memberships } from "../../storage/schema.ts";
import { hasEverywhere, readAs } from "../caller.ts";
import { callerId } from "../credentials.ts";
import type { Context } from "../context.ts";
import {
  beyondId,
  byId,
  containsTerms,
  countOf,
  limitWhere,
  matchesIndex,
  searchCountLimit,
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

/** The cursor keys of a list: a searched one goes by id, any other by title, then id. */
export function accountListKeys(filter: AccountFilter): readonly ("string" | "number")[] {
  return searchTerms(filter.search ?? "").length > 0 ? ["number"] : ["string", "number"];
}

/**
 * A page of the caller's accounts, or of all for who may read every account. Throws `page_invalid`.
 * One round trip; rows read go with the page, the matches or the caller's own accounts, never with
 * other tenants'.
 */
export async function listAccounts(
  ctx: Context,
  filter: AccountFilter,
  request: PageRequest,
): Promise<Page<ListedAccount>> {
  const terms = searchTerms(filter.search ?? "");
  const keysOf = (row: ListedAccount) => (terms.length > 0 ? [row.id] : [row.titleKey, row.id]);
  const everything = everyAccount<ListedAccount>(ctx, listed, filter, terms, request);
  const own = ownAccounts(ctx, filter, terms, request);
  const [caller, allRows, allCount, ownRows, ownCount] = await readAs(
    ctx,
    everything.rows,
    everything.count,
    own.rows,
    own.count,
  );
  const seesAll = caller.everywhere.has("account:read");
  const rows = seesAll ? allRows : ownRows;
  const count = (seesAll ? allCount : ownCount)[0]?.count ?? 0;
  const page = makePage(request, rows, count, keysOf);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}

const listed = {
  id: accounts.id,
  uuid: accounts.uuid,
  slug: accounts.slug,
  title: accounts.title,
  titleKey: accounts.titleKey,
  logoHash: accounts.logoHash,
};

/** What a caller without the platform-wide permission sees; for anyone with it, it reads nothing. */
function ownAccounts(ctx: Context, filter: AccountFilter, terms: readonly string[], request: PageRequest) {
  const { db } = ctx;
  const window = pageWindow(request);
  const concerned = not(hasEverywhere(ctx, "account:read"));
  const searched = terms.length > 0;
  const mine = and(
    eq(memberships.userId, callerId(ctx)),
    filtered(filter),
    searched ? containsTerms(terms, [sql`${accounts.titleKey}`, sql`${accounts.slug}`]) : undefined,
  );
  const joined = eq(accounts.id, memberships.accountId);
  const rows = db
    .select(listed)
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(and(mine, beyond(searched, window)))
    .orderBy(...ordering(searched, window.descending))
    .limit(limitWhere(concerned, window.limit))
    .offset(window.offset);
  const every = db
    .select({ one: sql`1` })
    .from(memberships)
    .innerJoin(accounts, joined)
    .where(mine)
    .limit(limitWhere(concerned, -1));
  return { rows, count: countOf(ctx, every) };
}

/** What a caller with the platform-wide permission sees; for anyone without it, it reads nothing. */
export function everyAccount<Row extends ListedAccount>(
  ctx: Context,
  columns: SelectedFields,
  filter: AccountFilter,
  terms: readonly string[],
  request: PageRequest,
): { rows: RunnableQuery<Row[], "sqlite">; count: RunnableQuery<{ count: number }[], "sqlite"> } {
  const { db } = ctx;
  const window = pageWindow(request);
  const allowed = hasEverywhere(ctx, "account:read");
  const limit = limitWhere(allowed, window.limit);
  if (terms.length > 0) {
    const index = sql`accounts_search`;
    const text = sql`char(1, 1) || ${accounts.titleKey} || char(10, 1, 1) || ${accounts.slug}`;
    const found = and(filtered(filter), matchesIndex(index, text, terms));
    const indexed = sql`accounts_search.rowid = ${accounts.id}`;
    const rows = db
      .select(columns)
      .from(accounts)
      .innerJoin(index, indexed)
      .where(and(found, beyondId(sql`accounts_search.rowid`, window)))
      .orderBy(byId(sql`accounts_search.rowid`, window))
      .limit(limit)
      .offset(window.offset);
    const every = db
      .select({ one: sql`1` })
      .from(accounts)
      .innerJoin(index, indexed)
      .where(found)
      .limit(limitWhere(allowed, searchCountLimit));
    return { rows: rows as RunnableQuery<Row[], "sqlite">, count: countOf(ctx, every) };
  }
  const narrowed = filtered(filter);
  const rows = db
    .select(columns)
    .from(accounts)
    .where(and(narrowed, beyond(false, window)))
    .orderBy(...ordering(false, window.descending))
    .limit(limit)
    .offset(window.offset);
  if (narrowed === undefined) {
    const total = db.select({ count: counters.value }).from(counters).where(eq(counters.name, "accounts"));
    return { rows: rows as RunnableQuery<Row[], "sqlite">, count: total };
  }
  const every = db
    .select({ one: sql`1` })
    .from(accounts)
    .where(narrowed)
    .limit(limitWhere(allowed, -1));
  return { rows: rows as RunnableQuery<Row[], "sqlite">, count: countOf(ctx, every) };
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
  return searched ? [direction(accounts.id)] : [direction(accounts.titleKey), direction(accounts.id)];
}

function beyond(searched: boolean, window: Window): SQL | undefined {
  const { beyond: keys, descending } = window;
  if (keys === undefined || searched) return beyondId(sql`accounts.id`, window);
  const operator = descending ? sql`<` : sql`>`;
  return sql`(${accounts.titleKey}, ${accounts.id}) ${operator} (${keys[0]}, ${keys[1]})`;
}
