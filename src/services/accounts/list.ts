import { DomainError } from "../../domain/errors.ts";
import { makePage, pageWindow, type Page, type PageRequest } from "../../domain/page.ts";
import { searchTerms } from "../../domain/search.ts";
import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";
import type { AccountFilter, ListedAccount } from "./listed-accounts.ts";
import { pageQueries } from "./page-queries.ts";

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
  const [, rows, [counted]] = await queryAsCaller(
    ctx,
    ...pageQueries(ctx, filter, terms, pageWindow(request)),
  );
  const page = makePage(request, rows, counted?.count ?? 0, keysOf);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}
