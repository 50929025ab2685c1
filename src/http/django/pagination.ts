import { DomainError } from "../../domain/errors.ts";
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  type Page,
  type PageLink,
  type PageRequest,
} from "../../domain/pagination.ts";
import type { Context } from "../../services/caller/context.ts";
import type { AppContext } from "../app-env.ts";
import { lazy } from "../schema.ts";
import { textFilter } from "./parameters.ts";

const defaultSize = 20;
const maxSize = 100;

/** Query parameters that select a page. */
export const pageParameters = lazy(() => ({
  page: textFilter("A page number, or `last`."),
  page_size: textFilter("Results per page. Default 20, maximum 100."),
  cursor: textFilter("Position in the list. Clients take it from the links `next` and `previous`."),
}));

/**
 * Returns the requested page. `page` is a number from 1, or `last`. An invalid `page_size` is ignored
 * and a large one capped. A cursor takes precedence over the number. Throws `page_invalid`.
 */
export function parsePageRequest(
  query: Readonly<Record<string, string>>,
  keyTypes: readonly ("string" | "number")[],
  sized = true,
): PageRequest {
  const size = sized ? readSize(query["page_size"]) : defaultSize;
  const page = readPage(query["page"]);
  const text = query["cursor"];
  if (text === undefined || text === "" || page === "last") return { page, size };
  const cursor: Cursor | undefined = decodeCursor(text, keyTypes);
  if (cursor === undefined) throw new DomainError("page_invalid");
  return { page, size, cursor };
}

/** Returns a page in the format of the framework. Links begin with the configured address, not with the request's. */
export function toPage<Row, Shown>(
  ctx: Context,
  c: AppContext,
  page: Page<Row>,
  present: (row: Row) => Shown,
): { count: number; next: string | null; previous: string | null; results: Shown[] } {
  return {
    count: page.count,
    next: linkTo(ctx, c, page.next),
    previous: linkTo(ctx, c, page.previous),
    results: page.rows.map(present),
  };
}

function linkTo(ctx: Context, c: AppContext, link: PageLink | undefined): string | null {
  if (link === undefined) return null;
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.delete("page");
  searchParams.delete("cursor");
  if (link.page > 1) searchParams.set("page", String(link.page));
  if (link.cursor !== undefined) searchParams.set("cursor", encodeCursor(link.cursor));
  searchParams.sort();
  const search = searchParams.toString();
  return `${ctx.settings.publicUrl}${pathname}${search === "" ? "" : `?${search}`}`;
}

function readSize(text: string | undefined): number {
  const size = /^\s*\+?\d+\s*$/.test(text ?? "") ? Number(text) : 0;
  return size < 1 ? defaultSize : Math.min(size, maxSize);
}

function readPage(text: string | undefined): number | "last" {
  if (text === undefined || text === "") return 1;
  if (text === "last") return "last";
  const page = /^\s*\+?\d{1,15}\s*$/.test(text) ? Number(text) : 0;
  if (page < 1) throw new DomainError("page_invalid");
  return page;
}
