/** The path parameters that name an account. */
import { z } from "@hono/zod-openapi";

import { uuid } from "../fastapi/fields.ts";
import { lazy } from "../lazy.ts";
import { withMetadata } from "../openapi/metadata.ts";
import { exampleAccount } from "./account-schemas.ts";

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
      example: exampleAccount.id,
    }),
  }),
);
