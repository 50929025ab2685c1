/** Export and import of the whole service: database rows, usage counters and logos. */
import { z } from "@hono/zod-openapi";

import { maxLogoBytes } from "../../domain/logo.ts";
import { decodeCursor, encodeCursor } from "../../domain/pagination.ts";
import { type UsageCursor, usageTables } from "../../durable/export.ts";
import { exportRows, firstCursor, importRows, type RowCursor } from "../../services/export-import/rows.ts";
import { exportedTables } from "../../services/export-import/tables.ts";
import { exportUsage, importLogo, importUsage } from "../../services/export-import/usage.ts";
import { UploadedFile } from "../fastapi/body.ts";
import { boolean, integer, listOf, uuid } from "../fastapi/fields.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { addIssue, valueError } from "../fastapi/validation.ts";
import { lazy, withMetadata, withSchemaName } from "../schema.ts";
import { operation } from "./surface.ts";

/** Maximum number of rows in one request or response. */
const maxRows = 1_000;

/** A database row. */
const storedValue = lazy(() => z.record(z.string(), z.union([z.string(), z.int(), z.null()])));

/** A row of an account's usage counter. */
const usageRow = lazy(() =>
  z.object({ table: z.enum(usageTables as [string, ...string[]]), row: storedValue() }),
);

/** Path parameter: an account's id. */
const accountId = lazy(() =>
  z.object({
    account_id: withMetadata(uuid("Id of the account."), {
      param: { name: "account_id", in: "path" },
      example: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
    }),
  }),
);

const tag = "Operator";
const defaultLimit = 200;

const invalidCursor = valueError("Invalid cursor. Use the value of `next` from the previous page.");
const cursorText = "Start of the page: the value of `next` from the previous page.";
const nextText = lazy(() =>
  z.string().nullable().openapi({ description: "Cursor of the next page; null at the end." }),
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
      "Returns the rows of the database table by table, in the order that an import needs. This is not a snapshot: changes during the export can be missing.",
    query: lazy(() =>
      z.object({
        cursor: withMetadata(
          z
            .string()
            .transform((value, context) => parseRowCursor(value) ?? addIssue(context, invalidCursor))
            .optional(),
          { type: "string", description: cursorText },
        ),
        limit: integer({
          min: 1,
          max: maxRows,
          description: `Rows per page. Default ${defaultLimit}.`,
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
      "Returns the rows of the account's usage counter: counter, buckets, idempotency records and hashes of counted events.",
    params: accountId,
    query: lazy(() =>
      z.object({
        cursor: withMetadata(
          z
            .string()
            .transform((value, context) => parseUsageCursor(value) ?? addIssue(context, invalidCursor))
            .optional(),
          { type: "string", description: cursorText },
        ),
      }),
    ),
    responses: () => responses(json(200, "Rows of the usage counter.", usageSchema()), 403, 404, 422),
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

function parseRowCursor(text: string): RowCursor | undefined {
  for (const { name, keys } of exportedTables) {
    const types = keys.map(({ type }) => type);
    const cursor = decodeCursor(text, ["string", ...types]) ?? decodeCursor(text, ["string"]);
    const [table, ...key] = cursor?.keys ?? [];
    if (table === name) return { table: name, key };
  }
  return undefined;
}

/** Reads a cursor of any table of the usage counter; the tables have keys of different types. */
function parseUsageCursor(text: string): UsageCursor | undefined {
  for (const types of usageKeys) {
    const [name, ...key] = decodeCursor(text, ["string", ...types])?.keys ?? [];
    const table = usageTables.find((one) => one === name);
    if (table !== undefined) return { table, key };
  }
  return undefined;
}

const usageKeys = [["number"], ["string"], ["string", "number"], ["number", "string"]] as const;

operation(
  {
    id: "importRows",
    method: "post",
    path: "/api/manage/@import",
    tag,
    summary: "Import rows",
    description:
      "Imports rows of an export into an empty service, all or nothing. Empty means no accounts and no users except the caller; the import replaces the caller and the default data. Rows that exist already are skipped, so an interrupted import can continue; the response contains the number of imported rows. Import logos and usage before `end`.",
    body: lazy(() =>
      withSchemaName(
        "ImportedRows",
        z.object({
          export: uuid("Id of the export."),
          position: integer({ min: 0, description: "Number of rows of the export before these." }),
          rows: listOf(
            z.object({ table: z.enum(exportedTables.map(({ name }) => name)), row: storedValue() }),
            maxRows,
          ),
          end: boolean("Whether these are the last rows.").optional(),
        }),
      ),
    ),
    bodyExample: {
      export: "3f0f7c1e-63c0-4a3b-8f6c-7a8a2c3f9b10",
      position: 0,
      rows: [{ table: "groups", row: { id: 1, name: "Administrators" } }],
    },
    responses: () =>
      responses(
        json(200, "Number of imported rows.", z.object({ position: z.int() }).openapi("ImportPosition")),
        400,
        403,
        409,
        422,
      ),
  },
  async (ctx, { body }, c) => {
    const { export: exportId, position, rows, end = false } = body;
    return c.json({ position: await importRows(ctx, { exportId, position, rows, end }) });
  },
);

operation(
  {
    id: "importUsage",
    method: "post",
    path: "/api/manage/@import/usage/{account_id}",
    tag,
    summary: "Import usage",
    description:
      "Imports the rows of an account's usage counter during an import. The first request replaces all rows; repeating a request has no effect.",
    params: accountId,
    body: lazy(() => withSchemaName("ImportedUsage", z.object({ rows: listOf(usageRow(), maxRows) }))),
    bodyExample: {
      rows: [{ table: "knowledge_boxes", row: { name: "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22" } }],
    },
    responses: () => responses(empty("The rows were imported."), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => {
    const rows = body.rows.map(({ table, row }) => ({ table: table as (typeof usageTables)[number], row }));
    await importUsage(ctx, params.account_id, rows);
    return c.body(null, 204);
  },
);

operation(
  {
    id: "importLogo",
    method: "put",
    path: "/api/manage/@import/logo/{account_id}",
    tag,
    summary: "Import logo",
    description: "Imports the logo of an account during an import.",
    params: accountId,
    body: lazy(() =>
      withSchemaName(
        "ImportedLogo",
        z.object({
          file: withMetadata(
            z.transform((value, context): Uint8Array =>
              value instanceof UploadedFile
                ? value.bytes
                : addIssue(context, { type: "missing", msg: "Field required" }),
            ),
            { type: "string", format: "binary", description: "The image." },
          ),
        }),
        { required: ["file"] },
      ),
    ),
    maxFileBytes: maxLogoBytes,
    responses: () => responses(empty("The logo was imported."), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => {
    await importLogo(ctx, params.account_id, body.file);
    return c.body(null, 204);
  },
);
