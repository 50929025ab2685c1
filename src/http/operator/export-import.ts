/** What exports and imports of the whole service have in common on the wire. */
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

/** Most rows one request tells or brings. */
const maxRows = 1_000;

/** A row as it is stored. */
const storedValue = lazy(() => z.record(z.string(), z.union([z.string(), z.int(), z.null()])));

/** A row of a usage object. */
const usageRow = lazy(() =>
  z.object({ table: z.enum(usageTables as [string, ...string[]]), row: storedValue() }),
);

/** The path parameter that names an account. */
const accountId = lazy(() =>
  z.object({
    account_id: withMetadata(uuid("The account's id."), {
      param: { name: "account_id", in: "path" },
      example: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
    }),
  }),
);

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

operation(
  {
    id: "importRows",
    method: "post",
    path: "/api/manage/@import",
    tag,
    summary: "Import rows",
    description:
      "Takes rows of an export into an empty service: one without accounts, and without users but the caller, who goes with all that a new service has. All of them or none. Rows that are there already are passed over, so that an import can go on where it broke off; the answer tells how many there are. Logos and usage come before `end`.",
    body: lazy(() =>
      withSchemaName(
        "ImportedRows",
        z.object({
          export: uuid("The id of the export they are of."),
          position: integer({ min: 0, description: "How many of its rows come before them." }),
          rows: listOf(
            z.object({ table: z.enum(exportedTables.map(({ name }) => name)), row: storedValue() }),
            maxRows,
          ),
          end: boolean("Whether these are the last ones.").optional(),
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
        json(200, "How many rows are there.", z.object({ position: z.int() }).openapi("ImportPosition")),
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
      "Gives an account that is being imported what its usage object stored. The same rows again change nothing; the first ones replace all there is.",
    params: accountId,
    body: lazy(() => withSchemaName("ImportedUsage", z.object({ rows: listOf(usageRow(), maxRows) }))),
    bodyExample: {
      rows: [{ table: "knowledge_boxes", row: { name: "5b0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f22" } }],
    },
    responses: () => responses(empty("They are there."), 400, 403, 404, 409, 422),
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
    description: "Stores the logo that an account being imported points to.",
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
            { type: "string", format: "binary", description: "Its bytes." },
          ),
        }),
        { required: ["file"] },
      ),
    ),
    maxFileBytes: maxLogoBytes,
    responses: () => responses(empty("It is there."), 400, 403, 404, 409, 422),
  },
  async (ctx, { params, body }, c) => {
    await importLogo(ctx, params.account_id, body.file);
    return c.body(null, 204);
  },
);
