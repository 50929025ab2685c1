/** The path parameters that name an account. */
import { z } from "@hono/zod-openapi";

import { uuid } from "../fastapi/fields.ts";
import { FastApiSurface } from "../fastapi/surface.ts";
import { lazy, withMetadata } from "../schema.ts";

/** The accounts face: `/api/v1/…`. */
export const accountsSurface = new FastApiSurface();

/** Adds an operation of the accounts face: for callers who are someone, or open to anyone. */
export const { operation, openOperation } = accountsSurface;

export const exampleAccountId = "7e0f3a52-3c1b-4a8e-9a53-4a1f3f0f3f11";

/** The path parameter that names an account. */
export const accountBySlugOrId = lazy(() =>
  z.object({
    slug: withMetadata(z.string(), {
      param: { name: "slug", in: "path" },
      description: "The account's slug, in any case, or its id.",
      example: "acme",
    }),
  }),
);

/** The path parameter that names an account by its id alone. */
export const accountById = lazy(() =>
  z.object({
    account_id: withMetadata(uuid("The account's id."), {
      param: { name: "account_id", in: "path" },
      example: exampleAccountId,
    }),
  }),
);
