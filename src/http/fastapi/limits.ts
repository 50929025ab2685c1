import { z } from "@hono/zod-openapi";

import { uploadLimits, usageLimits } from "../../domain/limits.ts";
import { lazy } from "../schema.ts";

function limitsOf<Name extends string>(names: readonly Name[]) {
  const limit = z.int().nullable();
  return z.object(Object.fromEntries(names.map((name) => [name, limit])) as Record<Name, typeof limit>);
}

/** The limits of an account, as they are told. */
export const limitsSchema = lazy(() =>
  z.object({
    upload: limitsOf(uploadLimits).nullable(),
    usage: limitsOf(usageLimits).nullable(),
  }),
);
