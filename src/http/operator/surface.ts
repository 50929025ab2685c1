/** The operator API: `/api/manage/…`, its operations and its pages. */
import { z } from "@hono/zod-openapi";

import { type Cursor, decodeCursor, encodeCursor, type PageRequest } from "../../domain/pagination.ts";
import type { ManagedPage } from "../../services/operator/accounts.ts";
import { integer } from "../fastapi/fields.ts";
import { FastApiSurface } from "../fastapi/surface.ts";
import { addIssue, InvalidRequest, valueError } from "../fastapi/validation.ts";
import { lazy, type RequestBody, withMetadata } from "../schema.ts";

export const operatorSurface = new FastApiSurface();

/** Adds an operation. */
export const { operation } = operatorSurface;

const defaultSize = 20;
const maxSize = 100;

const invalidPage = valueError("Invalid page. Use a page number or the value of `next`.");
type KeyTypes = readonly ("string" | "number")[];

/** Query parameters that select a page. */
export const pageQuery = lazy(() =>
  z.object({
    page: withMetadata(
      z
        .string()
        .transform((value, context) => parsePage(value) ?? addIssue(context, invalidPage))
        .optional(),
      { type: "string", description: "The value of `next` from the previous page, or a page number from 1." },
    ),
    page_size: integer({
      min: 1,
      max: maxSize,
      description: `Items per page. Default ${defaultSize}.`,
    }).optional(),
    search: withMetadata(z.string().optional(), {
      description:
        "Words that must all occur. Words of less than three characters must be the beginning of a word.",
    }),
  }),
);

/** Returns the requested page of a list that is ordered by keys of these types. */
export function parsePageRequest(
  { page = 1, page_size: size = defaultSize }: RequestBody<typeof pageQuery>,
  keyTypes: KeyTypes,
): PageRequest {
  if (typeof page === "number") return { page, size };
  // A search has another order, so the cursor of one list can be invalid in another.
  const { cursor, text } = page;
  if (cursor.keys.map((key) => typeof key).join() === keyTypes.join()) return { page: 1, size, cursor };
  throw new InvalidRequest([{ ...invalidPage, loc: ["query", "page"], input: text }]);
}

/** Parses a page number, or a cursor of either order. */
function parsePage(text: string): number | { readonly cursor: Cursor; readonly text: string } | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) > 0 ? Number(text) : undefined;
  const cursor = decodeCursor(text, ["number"]) ?? decodeCursor(text, ["string", "number"]);
  return cursor?.direction === "after" ? { cursor, text } : undefined;
}

export function pageSchema(name: string, item: z.ZodType): z.ZodType {
  return z
    .object({
      items: z.array(item),
      next: z
        .string()
        .nullable()
        .openapi({ description: "Value of `page` for the next page; null at the end." }),
    })
    .openapi(name);
}

export function toPage<Row, Shown>(
  { items, next }: ManagedPage<Row>,
  present: (row: Row) => Shown,
): { items: Shown[]; next: string | null } {
  return { items: items.map(present), next: next?.cursor === undefined ? null : encodeCursor(next.cursor) };
}
