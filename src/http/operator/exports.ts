/** The whole service, taken out: rows of the database, and what the usage objects store. Logos are downloaded. */
import { z } from "@hono/zod-openapi";

import { decodeCursor, encodeCursor } from "../../domain/pagination.ts";
import { type UsageCursor, usageTables } from "../../durable/export.ts";
import { exportRows, firstCursor, type RowCursor } from "../../services/export-import/rows.ts";
import { exportedTables } from "../../services/export-import/tables.ts";
import { exportUsage } from "../../services/export-import/usage.ts";
import { integer } from "../fastapi/fields.ts";
import { json, responses } from "../fastapi/responses.ts";
import { addIssue, valueError } from "../fastapi/validation.ts";
import { lazy } from "../lazy.ts";
import { withMetadata } from "../openapi/metadata.ts";
import { accountId, maxRows, storedValue, usageRow } from "./export-import.ts";
import { operation } from "./surface.ts";

const tag = "Operator";
const defaultLimit = 200;

const noPlace = valueError("This is no cursor of this export.");
const cursorText = "Where the page begins: what `next` of the one before told.";
const nextText = lazy(() =>
  z.string().nullable().openapi({ description: "The cursor of the next page; null at the end." }),
);

const rowsSchema = lazy(() =>
  z.object({ table: z.string(), rows: z.array(storedValue()), next: nextText() }).openapi("ExportedRows", {
    example: { table: "groups", rows: [{ id: 1, name: "Administrators" }], next: null },
  }),
);
const usageSchema = lazy(() =>
  z.object({ rows: z.array(usageRow()), next: nextText() }).openapi("ExportedUsage"),
);

operation(
  {
    id: "exportRows",
    method: "get",
    path: "/api/manage/@export",
    tag,
    summary: "Export rows",
    description:
      "The rows of the database as they are stored, table by table; an import takes them in this order. No snapshot: what is changed meanwhile may be missing.",
    query: lazy(() =>
      z.object({
        cursor: withMetadata(
          z
            .string()
            .transform((value, context) => readRowPlace(value) ?? addIssue(context, noPlace))
            .optional(),
          { type: "string", description: cursorText },
        ),
        limit: integer({
          min: 1,
          max: maxRows,
          description: `Rows a page, ${defaultLimit} unless told.`,
        }).optional(),
      }),
    ),
    responses: () => responses(json(200, "Rows of one table.", rowsSchema()), 403, 422),
  },
  async (ctx, { query }, c) => {
    const { table, rows, next } = await exportRows(
      ctx,
      query.cursor ?? firstCursor,
      query.limit ?? defaultLimit,
    );
    return c.json({
      table,
      rows: [...rows],
      next: next && encodeCursor({ direction: "after", keys: [next.table, ...next.key] }),
    });
  },
);

operation(
  {
    id: "exportUsage",
    method: "get",
    path: "/api/manage/@export/usage/{account_id}",
    tag,
    summary: "Export usage",
    description:
      "What the account's usage object stores: its counter, buckets, answers to idempotency keys and the hashes of events that count.",
    params: accountId,
    query: lazy(() =>
      z.object({
        cursor: withMetadata(
          z
            .string()
            .transform((value, context) => readUsagePlace(value) ?? addIssue(context, noPlace))
            .optional(),
          { type: "string", description: cursorText },
        ),
      }),
    ),
    responses: () => responses(json(200, "Rows of the object.", usageSchema()), 403, 404, 422),
  },
  async (ctx, { params, query }, c) => {
    const { rows, next } = await exportUsage(ctx, params.account_id, query.cursor ?? null);
    const keys = next === null ? [] : [next.table, ...next.key.map((key) => key ?? "")];
    return c.json({
      rows: [...rows],
      next: next && encodeCursor({ direction: "after", keys }),
    });
  },
);

function readRowPlace(text: string): RowCursor | undefined {
  for (const { name, keys } of exportedTables) {
    const types = keys.map(({ type }) => type);
    const cursor = decodeCursor(text, ["string", ...types]) ?? decodeCursor(text, ["string"]);
    const [table, ...key] = cursor?.keys ?? [];
    if (table === name) return { table: name, key };
  }
  return undefined;
}

/** A bucket and an event that was seen have numbers where they come with others. */
function readUsagePlace(text: string): UsageCursor | undefined {
  for (const types of usageKeys) {
    const [name, ...key] = decodeCursor(text, ["string", ...types])?.keys ?? [];
    const table = usageTables.find((one) => one === name);
    if (table !== undefined) return { table, key };
  }
  return undefined;
}

const usageKeys = [["number"], ["string"], ["string", "number"], ["number", "string"]] as const;
