import { z } from "@hono/zod-openapi";

import { uploadLimits, usageLimits } from "../../domain/limits.ts";

const nullableInteger = z.int().nullable();
const limitsOf = <Name extends string>(names: readonly Name[]) =>
  z.object(
    Object.fromEntries(names.map((name) => [name, nullableInteger])) as Record<Name, typeof nullableInteger>,
  );

/** The limits of an account, as they are told. */
export const limitsSchema = z.object({
  upload: limitsOf(uploadLimits).nullable(),
  usage: limitsOf(usageLimits).nullable(),
});
