/** What exports and imports of the whole service have in common on the wire. */
import { z } from "@hono/zod-openapi";

import { usageTables } from "../../durable/export.ts";
import { uuid } from "../fastapi/fields.ts";
import { lazy } from "../lazy.ts";
import { withMetadata } from "../openapi/metadata.ts";

/** Most rows one request tells or brings. */
export const maxRows = 1_000;

/** A row as it is stored. */
export const storedValue = lazy(() => z.record(z.string(), z.union([z.string(), z.int(), z.null()])));

/** A row of a usage object. */
export const usageRow = lazy(() =>
  z.object({ table: z.enum(usageTables as [string, ...string[]]), row: storedValue() }),
);

/** The path parameter that names an account. */
export const accountId = lazy(() =>
  z.object({
    account_id: withMetadata(uuid("The account's id."), {
      param: { name: "account_id", in: "path" },
      example: "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11",
    }),
  }),
);
