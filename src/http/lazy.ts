import type { z } from "@hono/zod-openapi";

/**
 * A schema, or anything else that takes long to make: made when it is first asked for, and the same one
 * from then on. An isolate begins without any, and makes those of the operations it is asked for.
 */
export function lazy<Made extends object>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

/** What a schema of an answer describes. */
export type ResponseBody<Make extends () => z.ZodType> = z.input<ReturnType<Make>>;

/** What is read with a schema of a request. */
export type RequestBody<Make extends () => z.ZodType> = z.output<ReturnType<Make>>;
