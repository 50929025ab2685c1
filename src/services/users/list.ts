import { and, eq, inArray, not, sql, type SQL } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { SelectedFields } from "drizzle-orm/sqlite-core";

import { DomainError } from "../../domain/errors.ts";
import {
  makePage,
  type Page,
  type PageRequest,
  pageWindow,
  type PageWindow,
} from "../../domain/pagination.ts";
import { searchTerms } from "../../domain/search.ts";
import { counters } from "../../storage/internal-tables.ts";
import { users } from "../../storage/schema.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import {
  afterCursor,
  containsTerms,
  countRows,
  isIndexed,
  limitIf,
  matchesIndex,
  orderById,
  searchCountLimit,
} from "../pagination.ts";
import { profileColumns, type ProfileRow, toProfile, type UserProfile } from "./profile.ts";

/**
 * Returns a page of users by id: the caller and the users of the accounts that the caller owns, or all if the caller
 * may read all users. Throws `page_invalid`. One round trip.
 */
export async function listUsers(
  ctx: Context,
  search: string | undefined,
  request: PageRequest,
): Promise<Page<UserProfile>> {
  const terms = searchTerms(search ?? "");
  const window = pageWindow(request);
  const every = allUsersQuery<ProfileRow>(ctx, profileColumns, terms, window);
  const own = ownUsers(ctx, terms, window);
  const [caller, allRows, allCount, ownRows, ownCount] = await queryAsCaller(
    ctx,
    every.rows,
    every.count,
    own.rows,
    own.count,
  );
  const seesAll = caller.globalPermissions.has("users:read");
  const rows = (seesAll ? allRows : ownRows).map(toProfile);
  const count = (seesAll ? allCount : ownCount)[0]?.count ?? 0;
  const page = makePage(request, rows, count, ({ id }) => [id]);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}

/** Whether a caller without `users:read` on every account sees a user. */
export function isVisibleUser(ctx: Context): SQL {
  const me = callerConditions(ctx).userId;
  return inArray(
    users.id,
    sql`(select theirs.user_id from memberships as mine join memberships as theirs on theirs.account_id = mine.account_id where mine.user_id = ${me} and mine.role = 'AOWNER' union select ${me})`,
  );
}

function ownUsers(ctx: Context, terms: readonly string[], window: PageWindow) {
  const { db } = ctx;
  const isRestricted = not(callerConditions(ctx).hasPermission("users:read"));
  const own = and(
    isVisibleUser(ctx),
    terms.length > 0 ? containsTerms(terms, [sql`users.search_text`]) : undefined,
  );
  const rows = db
    .select(profileColumns)
    .from(users)
    .where(and(own, afterCursor(sql`users.id`, window)))
    .orderBy(orderById(sql`users.id`, window))
    .limit(limitIf(isRestricted, window.limit))
    .offset(window.offset);
  const found = db
    .select({ one: sql`1` })
    .from(users)
    .where(own)
    .limit(limitIf(isRestricted, -1));
  return { rows, count: countRows(ctx, found) };
}

/** Selects all users or those that a search finds. Reads no rows unless the caller may read all users. */
export function allUsersQuery<Row extends { readonly id: number }>(
  ctx: Context,
  columns: SelectedFields,
  terms: readonly string[],
  window: PageWindow,
): { rows: RunnableQuery<Row[], "sqlite">; count: RunnableQuery<{ count: number }[], "sqlite"> } {
  const { db } = ctx;
  const allowed = callerConditions(ctx).hasPermission("users:read");
  const limit = limitIf(allowed, window.limit);
  if (terms.length === 0) {
    const rows = db
      .select(columns)
      .from(users)
      .where(afterCursor(sql`users.id`, window))
      .orderBy(orderById(sql`users.id`, window))
      .limit(limit)
      .offset(window.offset);
    return {
      rows: rows as RunnableQuery<Row[], "sqlite">,
      count: db.select({ count: counters.value }).from(counters).where(eq(counters.name, "users")),
    };
  }
  const index = sql`users_search`;
  const indexed = sql`users_search.rowid = users.id`;
  const matching = matchesIndex(index, sql`users.search_text`, terms);
  const rows = db
    .select(columns)
    .from(users)
    .innerJoin(index, indexed)
    .where(and(matching, afterCursor(sql`users_search.rowid`, window)))
    .orderBy(orderById(sql`users_search.rowid`, window))
    .limit(limit)
    .offset(window.offset);
  const counts = db.select({ one: sql`1` }).from(index);
  const found = (isIndexed(terms) ? counts : counts.innerJoin(users, indexed))
    .where(matching)
    .limit(limitIf(allowed, searchCountLimit));
  return { rows: rows as RunnableQuery<Row[], "sqlite">, count: countRows(ctx, found) };
}
