/** The path parameters that name an account. */
import { z } from "@hono/zod-openapi";

import { uuid } from "../fastapi/fields.ts";
import { FastApiSurface } from "../fastapi/surface.ts";
import { lazy, withMetadata } from "../schema.ts";

/** The accounts API: `/api/v1/…`. */
export const accountsSurface = new FastApiSurface();

/** Add operations that need credentials, or none. */
export const { operation, openOperation } = accountsSurface;

export const exampleAccountId = "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11";

/** Path parameter: an account's slug or id. */
export const accountBySlugOrId = lazy(() =>
  z.object({
    slug: withMetadata(z.string(), {
      param: { name: "slug", in: "path" },
      description: "Slug of the account, ignoring case, or its id.",
      example: "acme",
    }),
  }),
);

/** Path parameter: an account's id. */
export const accountById = lazy(() =>
  z.object({
    account_id: withMetadata(uuid("Id of the account."), {
      param: { name: "account_id", in: "path" },
      example: exampleAccountId,
    }),
  }),
);
