/** The whole service, put back into an empty one. */
import { z } from "@hono/zod-openapi";

import { maxLogoBytes } from "../../domain/logo.ts";
import type { usageTables } from "../../durable/export.ts";
import { importRows } from "../../services/export-import/rows.ts";
import { exportedTables } from "../../services/export-import/tables.ts";
import { importLogo, importUsage } from "../../services/export-import/usage.ts";
import { boolean, integer, listOf, uuid } from "../fastapi/fields.ts";
import { UploadedFile } from "../fastapi/form.ts";
import { empty, json, responses } from "../fastapi/responses.ts";
import { addIssue } from "../fastapi/validation.ts";
import { lazy } from "../lazy.ts";
import { withMetadata, withSchemaName } from "../openapi/metadata.ts";
import { accountId, maxRows, storedValue, usageRow } from "./export-import.ts";
import { operation } from "./surface.ts";

const tag = "Operator";

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
