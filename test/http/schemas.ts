/** As much of OpenAPI and JSON Schema as the document uses: enough to hold an answer against it. */

export interface Schema {
  readonly [keyword: string]: unknown;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** The full path, parameters in braces. */
  readonly path: string;
  readonly security: unknown;
  readonly answers: Readonly<Record<string, { content?: Record<string, { schema: Schema }> }>>;
}

/** Every operation of a document. */
export function operationsOf(document: Schema): Operation[] {
  const paths = document["paths"] as Record<string, Record<string, Record<string, unknown>>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: String(operation["operationId"]),
      method,
      path,
      security: operation["security"],
      answers: operation["responses"] as Operation["answers"],
    })),
  );
}

/** Where a value does not fit a schema, in words; empty when it does. An object may have no key that is not told. */
export function misfits(document: Schema, schema: Schema, value: unknown, at = "answer"): string[] {
  const reference = schema["$ref"];
  if (typeof reference === "string") return misfits(document, resolve(document, reference), value, at);
  const either = (schema["oneOf"] ?? schema["anyOf"]) as Schema[] | undefined;
  if (either !== undefined) {
    const tried = either.map((option) => misfits(document, option, value, at));
    return tried.some((found) => found.length === 0) ? [] : tried.flat();
  }
  const parts = schema["allOf"] as Schema[] | undefined;
  if (parts !== undefined) return misfits(document, merged(document, schema, parts), value, at);
  const found: string[] = [];
  const types = [schema["type"] ?? []].flat() as string[];
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return [...found, `${at} is ${JSON.stringify(value)}, not of type ${types.join(" or ")}`];
  }
  const values = schema["enum"] as unknown[] | undefined;
  if (values !== undefined && !values.includes(value)) found.push(`${at} is ${JSON.stringify(value)}`);
  const pattern = schema["pattern"];
  if (typeof pattern === "string" && typeof value === "string" && !new RegExp(pattern, "u").test(value)) {
    found.push(`${at} does not match ${pattern}`);
  }
  if (Array.isArray(value)) {
    const items = schema["items"] as Schema | undefined;
    if (items === undefined) return found;
    return [...found, ...value.flatMap((item, index) => misfits(document, items, item, `${at}[${index}]`))];
  }
  if (typeof value === "object" && value !== null) {
    found.push(...objectMisfits(document, schema, value as Schema, at));
  }
  return found;
}

function objectMisfits(document: Schema, schema: Schema, value: Schema, at: string): string[] {
  const properties = schema["properties"] as Record<string, Schema> | undefined;
  const additional = schema["additionalProperties"] as Schema | boolean | undefined;
  const missing = ((schema["required"] as string[] | undefined) ?? []).filter((key) => !(key in value));
  const inside = Object.entries(value).flatMap(([key, item]) => {
    const known = properties?.[key];
    if (known !== undefined) return misfits(document, known, item, `${at}.${key}`);
    if (typeof additional === "object") return misfits(document, additional, item, `${at}.${key}`);
    return properties === undefined || additional === true ? [] : [`${at}.${key} is not in the document`];
  });
  return [...missing.map((key) => `${at}.${key} is missing`), ...inside];
}

/** One schema that says what all of these say. */
function merged(document: Schema, { allOf: _, ...own }: Schema, parts: readonly Schema[]): Schema {
  const all = parts.map((part) => {
    const { $ref: reference } = part;
    return typeof reference === "string" ? resolve(document, reference) : part;
  });
  const properties = [...all, own].flatMap((part) => (part["properties"] as Schema | undefined) ?? []);
  const required = [...all, own].flatMap((part) => (part["required"] as string[] | undefined) ?? []);
  return {
    ...Object.assign({}, ...all),
    ...own,
    ...(properties.length === 0 ? {} : { properties: Object.assign({}, ...properties) as Schema, required }),
  };
}

function resolve(document: Schema, reference: string): Schema {
  let found: unknown = document;
  for (const key of reference.replace(/^#\//, "").split("/")) found = (found as Schema)[key];
  if (found === undefined) throw new Error(`The document has no ${reference}`);
  return found as Schema;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
