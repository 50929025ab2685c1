/** The pages of this face: whole objects, and where the next page begins. */
import { z } from "@hono/zod-openapi";

import { type Cursor, decodeCursor, encodeCursor, type PageRequest } from "../../domain/pagination.ts";
import type { ManagedPage } from "../../services/operator/accounts.ts";
import { integer } from "../fastapi/fields.ts";
import { addIssue, InvalidRequest, valueError } from "../fastapi/validation.ts";
import { lazy, type RequestBody, withMetadata } from "../schema.ts";

const defaultSize = 20;
const largestSize = 100;

const noPage = valueError("This is no page of this list.");
type KeyTypes = readonly ("string" | "number")[];

/** How a request says which page it wants. */
export const pageQuery = lazy(() =>
  z.object({
    page: withMetadata(
      z
        .string()
        .transform((value, context) => readPlace(value) ?? addIssue(context, noPage))
        .optional(),
      { type: "string", description: "What `next` of the page before told, or a number from 1." },
    ),
    page_size: integer({
      min: 1,
      max: largestSize,
      description: `Items a page, ${defaultSize} unless told.`,
    }).optional(),
    search: withMetadata(z.string().optional(), {
      description: "Terms that must all be found; shorter ones than three characters as prefixes.",
    }),
  }),
);

/** Which page is asked for, in a list ordered by keys of these types. */
export function parsePageRequest(
  { page = 1, page_size: size = defaultSize }: RequestBody<typeof pageQuery>,
  keyTypes: KeyTypes,
): PageRequest {
  if (typeof page === "number") return { page, size };
  // The order goes with the search, so one list's cursor may be no page of another.
  const { cursor, text } = page;
  if (cursor.keys.map((key) => typeof key).join() === keyTypes.join()) return { page: 1, size, cursor };
  throw new InvalidRequest([{ ...noPage, loc: ["query", "page"], input: text }]);
}

/** A page's number, or where it begins in a list of either order. */
function readPlace(text: string): number | { readonly cursor: Cursor; readonly text: string } | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) > 0 ? Number(text) : undefined;
  const cursor = decodeCursor(text, ["number"]) ?? decodeCursor(text, ["string", "number"]);
  return cursor?.direction === "after" ? { cursor, text } : undefined;
}

export function pageSchema(name: string, item: z.ZodType): z.ZodType {
  return z
    .object({
      items: z.array(item),
      next: z.string().nullable().openapi({ description: "The `page` behind this one; null at the end." }),
    })
    .openapi(name);
}

export function toPage<Row, Shown>(
  { items, next }: ManagedPage<Row>,
  present: (row: Row) => Shown,
): { items: Shown[]; next: string | null } {
  return { items: items.map(present), next: next?.cursor === undefined ? null : encodeCursor(next.cursor) };
}
