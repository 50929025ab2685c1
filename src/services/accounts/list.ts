import { DomainError } from "../../domain/errors.ts";
import { makePage, pageWindow, type Page, type PageRequest } from "../../domain/page.ts";
import { searchTerms } from "../../domain/search.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { pageQueries, type AccountFilter, type ListedAccount } from "./page-queries.ts";

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
  const [caller, allRows, allCount, ownRows, ownCount] = await readAs(
    ctx,
    ...pageQueries(ctx, filter, terms, pageWindow(request)),
  );
  const seesAll = caller.everywhere.has("account:read");
  const rows = seesAll ? allRows : ownRows;
  const count = (seesAll ? allCount : ownCount)[0]?.count ?? 0;
  const page = makePage(request, rows, count, keysOf);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}
