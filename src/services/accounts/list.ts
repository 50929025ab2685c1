import { asc, eq } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { makePage, type Page, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import { searchTerms } from "../../domain/search.ts";
import { accounts, memberships } from "../../storage/schema.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { type AccountFilter, type ListedAccount, pageQueries } from "./list-queries.ts";

/** Types of the cursor keys: id for a searched list, otherwise title and id. */
export function accountListKeys(filter: AccountFilter): readonly ("string" | "number")[] {
  return searchTerms(filter.search ?? "").length > 0 ? ["number"] : ["string", "number"];
}

/**
 * Returns a page of the caller's accounts, or of all if the caller may read every account. Throws `page_invalid`.
 * One round trip. The rows read depend on the page, the matches or the caller's own accounts, never on other
 * tenants' accounts.
 */
export async function listAccounts(
  ctx: Context,
  filter: AccountFilter,
  request: PageRequest,
): Promise<Page<ListedAccount>> {
  const terms = searchTerms(filter.search ?? "");
  const keysOf = (row: ListedAccount) => (terms.length > 0 ? [row.id] : [row.titleKey, row.id]);
  const [, rows, [counted]] = await queryAsCaller(
    ctx,
    ...pageQueries(ctx, filter, terms, pageWindow(request)),
  );
  const page = makePage(request, rows, counted?.count ?? 0, keysOf);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}

/** Returns the accounts that the caller is a member of, by title. One round trip. */
export async function listMemberAccounts(ctx: Context) {
  const own = ctx.db
    .select({ uuid: accounts.uuid, slug: accounts.slug, title: accounts.title, type: accounts.type })
    .from(memberships)
    .innerJoin(accounts, eq(accounts.id, memberships.accountId))
    .where(eq(memberships.userId, callerConditions(ctx).userId))
    .orderBy(asc(accounts.titleKey), asc(accounts.id));
  const [, rows] = await queryAsCaller(ctx, own);
  return rows;
}
