import type { z } from "@hono/zod-openapi";

/**
 * A schema of an answer: made when the document first asks for it, as nothing else does, and the same
 * one from then on.
 */
export function answerSchema<Schema extends z.ZodType>(make: () => Schema): () => Schema {
  let made: Schema | undefined;
  return () => (made ??= make());
}

/** What a schema of an answer describes. */
export type Answer<Make extends () => z.ZodType> = z.input<ReturnType<Make>>;
