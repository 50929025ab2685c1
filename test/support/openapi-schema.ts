/** The subset of OpenAPI and JSON Schema that the document uses, to validate responses. */

export interface Schema {
  readonly [keyword: string]: unknown;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** The full path with parameters in braces. */
  readonly path: string;
  readonly security: unknown;
  readonly parameters: readonly Parameter[];
  /** Request bodies by content type; empty if no body is read. */
  readonly bodies: Readonly<Record<string, { schema: Schema }>>;
  readonly answers: Readonly<
    Record<string, { headers?: Record<string, unknown>; content?: Record<string, { schema: Schema }> }>
  >;
}

export interface Parameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

/** Returns all operations of a document. */
export function operationsOf(document: Schema): Operation[] {
  const paths = document["paths"] as Record<string, Record<string, Record<string, unknown>>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: String(operation["operationId"]),
      method,
      path,
      security: operation["security"],
      parameters: (operation["parameters"] ?? []) as Operation["parameters"],
      bodies: (operation["requestBody"] as { content: Operation["bodies"] } | undefined)?.content ?? {},
      answers: operation["responses"] as Operation["answers"],
    })),
  );
}

/** Returns messages for each mismatch with the schema. Undocumented keys are errors. */
export function schemaErrors(document: Schema, schema: Schema, value: unknown, at = "answer"): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.has(keyword));
  if (unknown.length > 0) throw new Error(`${at}: nothing here understands ${unknown.join(", ")}`);
  const reference = schema["$ref"];
  if (typeof reference === "string") return schemaErrors(document, resolve(document, reference), value, at);
  const either = (schema["oneOf"] ?? schema["anyOf"]) as Schema[] | undefined;
  if (either !== undefined) {
    const tried = either.map((option) => schemaErrors(document, option, value, at));
    return tried.some((found) => found.length === 0) ? [] : tried.flat();
  }
  const parts = schema["allOf"] as Schema[] | undefined;
  if (parts !== undefined) return schemaErrors(document, merged(document, schema, parts), value, at);
  const found: string[] = [];
  const types = [schema["type"] ?? []].flat() as string[];
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return [...found, `${at} is ${JSON.stringify(value)}, not of type ${types.join(" or ")}`];
  }
  const values = schema["enum"] as unknown[] | undefined;
  if (values !== undefined && !values.includes(value)) found.push(`${at} is ${JSON.stringify(value)}`);
  if (typeof value === "string") found.push(...textMisfits(schema, value, at));
  if (typeof value === "number") found.push(...boundMisfits(schema, "minimum", "maximum", value, at));
  if (Array.isArray(value)) {
    found.push(...boundMisfits(schema, "minItems", "maxItems", value.length, `the length of ${at}`));
    const items = schema["items"] as Schema | undefined;
    if (items === undefined) return found;
    return [
      ...found,
      ...value.flatMap((item, index) => schemaErrors(document, items, item, `${at}[${index}]`)),
    ];
  }
  if (typeof value === "object" && value !== null) {
    found.push(...objectMisfits(document, schema, value as Schema, at));
  }
  return found;
}

/** The supported keywords and annotations. Any other keyword is an error, since it would not be checked. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "$ref oneOf anyOf allOf type enum pattern minLength maxLength minimum maximum minItems maxItems format items " +
    "properties required additionalProperties description example default title"
  ).split(" "),
);

function textMisfits(schema: Schema, value: string, at: string): string[] {
  // JSON Schema counts code points.
  const found = boundMisfits(schema, "minLength", "maxLength", [...value].length, `the length of ${at}`);
  const pattern = schema["pattern"];
  if (typeof pattern === "string" && !new RegExp(pattern, "u").test(value)) {
    found.push(`${at} does not match ${pattern}`);
  }
  const format = schema["format"];
  if (typeof format === "string" && FORMATS[format]?.(value) === false) found.push(`${at} is no ${format}`);
  return found;
}

/** The formats in the document. E-mail is checked loosely, because real addresses can be unusual. */
const FORMATS: Readonly<Record<string, (value: string) => boolean>> = {
  uuid: (value) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
  "date-time": (value) =>
    /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(value) && !isNaN(Date.parse(value)),
  email: (value) => /^[^@].*@[^@]+$/su.test(value),
  uri: (value) => URL.canParse(value),
};

function boundMisfits(schema: Schema, least: string, most: string, value: number, at: string): string[] {
  const [from, to] = [schema[least], schema[most]];
  const outside = (typeof from === "number" && value < from) || (typeof to === "number" && value > to);
  return outside ? [`${at} is ${value}, not within ${String(from)} and ${String(to)}`] : [];
}

function objectMisfits(document: Schema, schema: Schema, value: Schema, at: string): string[] {
  const properties = schema["properties"] as Record<string, Schema> | undefined;
  const additional = schema["additionalProperties"] as Schema | boolean | undefined;
  const missing = ((schema["required"] as string[] | undefined) ?? []).filter((key) => !(key in value));
  const inside = Object.entries(value).flatMap(([key, item]) => {
    const known = properties?.[key];
    if (known !== undefined) return schemaErrors(document, known, item, `${at}.${key}`);
    if (typeof additional === "object") return schemaErrors(document, additional, item, `${at}.${key}`);
    return properties === undefined || additional === true ? [] : [`${at}.${key} is not in the document`];
  });
  return [...missing.map((key) => `${at}.${key} is missing`), ...inside];
}

/** Merges schemas into one. */
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
