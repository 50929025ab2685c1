/** The path parameters that name an account. */
import { z } from "@hono/zod-openapi";

import { deferred } from "../deferred.ts";
import { described } from "../described.ts";
import { uuid } from "../fastapi/fields.ts";
import { exampleAccount } from "./account-schemas.ts";

/** The path parameter that names an account. */
export const namedAccount = deferred(() =>
  z.object({
    slug: described(z.string(), {
      param: { name: "slug", in: "path" },
      description: "The account's slug, in any case, or its id.",
      example: "acme",
    }),
  }),
);

/** The path parameter that names an account by its id alone. */
export const accountById = deferred(() =>
  z.object({
    account_id: described(uuid("The account's id."), {
      param: { name: "account_id", in: "path" },
      example: exampleAccount.id,
    }),
  }),
);
