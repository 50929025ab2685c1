import { and, eq, not, sql, type SQL } from "drizzle-orm";

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
import { accounts, memberships, users } from "../../storage/schema.ts";
import { AccountName, accountQuery, checkAccess, hasAccountPermission } from "../accounts/access.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import {
  afterCursor,
  containsTerms,
  countRows,
  limitIf,
  matchesIndex,
  orderById,
  searchCountLimit,
} from "../pagination.ts";
import { profileColumns, type ProfileRow, toProfile, type UserProfile } from "../users/profile.ts";

/** A user as a member of an account. */
export interface Analyst {
  /** The membership's id. */
  readonly id: number;
  /** The account's integer id. */
  readonly accountId: number;
  readonly user: UserProfile;
}

/**
 * Returns a page of members by id: of the named organization, or of all the caller's organizations, or of all if the
 * caller may read all analysts. Throws what `checkAccess` throws and `page_invalid`. One round trip.
 */
export async function listAnalysts(
  ctx: Context,
  organization: string | undefined,
  search: string | undefined,
  request: PageRequest,
): Promise<Page<Analyst>> {
  const terms = searchTerms(search ?? "");
  const window = pageWindow(request);
  const page =
    organization === undefined
      ? await readAcross(ctx, terms, window)
      : await readNamed(ctx, organization, terms, window);
  const result = makePage(request, page.rows.map(toAnalyst), page.count, ({ id }) => [id]);
  if (result === undefined) throw new DomainError("page_invalid");
  return result;
}

const analystColumns = {
  ...profileColumns,
  analystId: sql<number>`memberships.id`.as("analyst_id"),
  accountId: sql<number>`memberships.account_id`.as("analyst_account_id"),
};

async function readNamed(ctx: Context, organization: string, terms: readonly string[], window: PageWindow) {
  const which = new AccountName(organization);
  const account = sql`(select id from ${accounts} where ${which})`;
  const allowed = sql`(${hasAccountPermission(callerConditions(ctx), account, "members:search")} or ${callerConditions(ctx).hasPermission("analysts:read")})`;
  const inAccount = sql`memberships.account_id = ${account}`;
  const listed = membersWhere(ctx, and(inAccount, contains(terms)), window, allowed, terms.length > 0);
  const [caller, [found], rows, count] = await queryAsCaller(
    ctx,
    accountQuery(ctx, which),
    listed.rows,
    listed.count,
  );
  const readsAll = found !== undefined && caller.globalPermissions.has("analysts:read");
  const { memberCount } = readsAll ? found : checkAccess(ctx, caller, found).account;
  return { rows, count: terms.length > 0 ? (count[0]?.count ?? 0) : memberCount };
}

async function readAcross(ctx: Context, terms: readonly string[], window: PageWindow) {
  const mine = sql`memberships.account_id in (select mine.account_id from memberships as mine where mine.user_id = ${callerConditions(ctx).userId})`;
  const all = callerConditions(ctx).hasPermission("analysts:read");
  const own = membersWhere(ctx, and(mine, contains(terms)), window, not(all));
  const every = allMembers(ctx, terms, window, all);
  const [caller, ownRows, ownCount, allRows, allCount] = await queryAsCaller(
    ctx,
    own.rows,
    own.count,
    every.rows,
    every.count,
  );
  const seesAll = caller.globalPermissions.has("analysts:read");
  return {
    rows: seesAll ? allRows : ownRows,
    count: (seesAll ? allCount : ownCount)[0]?.count ?? 0,
  };
}

/** Selects members by membership id. Reads no rows unless `allowed`, and counts only if `toCount`. */
function membersWhere(
  ctx: Context,
  where: SQL | undefined,
  window: PageWindow,
  allowed: SQL,
  toCount = true,
) {
  const { db } = ctx;
  const joined = eq(users.id, memberships.userId);
  const rows = db
    .select(analystColumns)
    .from(memberships)
    .innerJoin(users, joined)
    .where(and(where, afterCursor(sql`memberships.id`, window)))
    .orderBy(orderById(sql`memberships.id`, window))
    .limit(limitIf(allowed, window.limit))
    .offset(window.offset);
  const found = db
    .select({ one: sql`1` })
    .from(memberships)
    .innerJoin(users, joined)
    .where(where)
    .limit(toCount ? limitIf(allowed, -1) : 0);
  return { rows, count: countRows(ctx, found) };
}

/** Selects the members of all accounts. A search uses the index of users and reads only its matches. */
function allMembers(ctx: Context, terms: readonly string[], window: PageWindow, allowed: SQL) {
  const { db } = ctx;
  if (terms.length === 0) {
    const { rows } = membersWhere(ctx, undefined, window, allowed);
    const total = db.select({ count: counters.value }).from(counters).where(eq(counters.name, "memberships"));
    return { rows, count: total };
  }
  const matching = sql`memberships.user_id in (select users_search.rowid from users_search join users on users.id = users_search.rowid where ${matchesIndex(sql`users_search`, sql`users.search_text`, terms)})`;
  const { rows } = membersWhere(ctx, matching, window, allowed);
  const found = db
    .select({ one: sql`1` })
    .from(memberships)
    .where(matching)
    .limit(limitIf(allowed, searchCountLimit));
  return { rows, count: countRows(ctx, found) };
}

function contains(terms: readonly string[]): SQL | undefined {
  return terms.length === 0 ? undefined : containsTerms(terms, [sql`users.search_text`]);
}

type AnalystRow = ProfileRow & { analystId: number; accountId: number };

function toAnalyst({ analystId, accountId, ...user }: AnalystRow): Analyst {
  return { id: analystId, accountId, user: toProfile(user) };
}
