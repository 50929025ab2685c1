/** Zod schemas: built on first use, and with metadata for the OpenAPI document. */
import { z } from "@hono/zod-openapi";

/** Metadata of a schema in the OpenAPI document. */
export type Metadata = NonNullable<Parameters<z.ZodType["openapi"]>[1]>;

/** The type of a response body. */
export type ResponseBody<Make extends () => z.ZodType> = z.input<ReturnType<Make>>;

/** The type of a parsed request body. */
export type RequestBody<Make extends () => z.ZodType> = z.output<ReturnType<Make>>;

/**
 * Returns a function that calls `make` once and returns the same object from then on. An isolate
 * starts without schemas and builds only those that its requests need.
 */
export function lazy<Made extends object>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

/**
 * Adds metadata to a schema of requests and returns the schema. The library's `.openapi()` would
 * build a second schema, at the cost of every isolate that serves the operation.
 */
export function withMetadata<Schema extends z.ZodType>(schema: Schema, metadata: Metadata): Schema {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), ...metadata });
  return schema;
}

const names = new WeakMap<z.ZodType, string>();

/** Names the schema of a request body in the OpenAPI document, and returns the schema. */
export function withSchemaName<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  metadata?: Metadata,
): Schema {
  names.set(schema, name);
  return metadata === undefined ? schema : withMetadata(schema, metadata);
}

/** Returns the schema of a request body for the OpenAPI document, under its name. */
export function documentedSchema(body: z.ZodType): z.ZodType {
  const name = names.get(body);
  return name === undefined ? body : body.openapi(name);
}
