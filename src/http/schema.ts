/** What the document tells of schemas that read requests. Those of answers say it themselves, as they are made for it alone. */
import { z } from "@hono/zod-openapi";

/** What can be told of a schema. */
export type Metadata = NonNullable<Parameters<z.ZodType["openapi"]>[1]>;

const names = new WeakMap<z.ZodType, string>();

/**
 * The same schema, with what the document tells of it. The library's own `.openapi()` makes a second
 * schema, which every isolate that serves the operation would pay for.
 */
export function withMetadata<Schema extends z.ZodType>(schema: Schema, metadata: Metadata): Schema {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), ...metadata });
  return schema;
}

/** The same schema of a whole body, with its name in the document. */
export function withSchemaName<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  metadata?: Metadata,
): Schema {
  names.set(schema, name);
  return metadata === undefined ? schema : withMetadata(schema, metadata);
}

/** The schema of a body as the document has it, under its name. */
export function documentedSchema(body: z.ZodType): z.ZodType {
  const name = names.get(body);
  return name === undefined ? body : body.openapi(name);
}

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
