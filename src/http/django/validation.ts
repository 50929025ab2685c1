import { z } from "@hono/zod-openapi";

/** Validation errors in the format of Django REST framework: messages by field name. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** Thrown for a request with invalid values. A list without field names is about the whole request. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly errors: FieldErrors | readonly string[];
  constructor(errors: FieldErrors | readonly string[]) {
    super("invalid request");
    this.errors = errors;
  }
}

export const nonField = "non_field_errors";
export const nullCharacters = "Null characters are not allowed.";

/** Parses the values of a request. Throws `InvalidRequest` with the messages of all invalid fields. */
export function parseFields<Schema extends z.ZodType>(schema: Schema, values: unknown): z.output<Schema> {
  if (values === null) throw new InvalidRequest({ [nonField]: ["No data provided"] });
  if (typeof values !== "object" || Array.isArray(values)) {
    throw new InvalidRequest({
      [nonField]: [`Invalid data. Expected a dictionary, but got ${pythonType(values)}.`],
    });
  }
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const errors: Record<string, string[]> = {};
  for (const issue of result.error.issues) {
    const field = String(issue.path[0] ?? nonField);
    (errors[field] ??= []).push(issue.message);
  }
  throw new InvalidRequest(errors);
}

/** Reports a message from inside a zod transform. */
export function addIssue(context: z.RefinementCtx, message: string): typeof z.NEVER {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

/** Returns the message for a missing or null field; undefined if the field has a value. */
export function missingOrNull(value: unknown): string | undefined {
  if (value === undefined) return "This field is required.";
  return value === null ? "This field may not be null." : undefined;
}

/** Returns the name of a JSON value's type in Python. */
export function pythonType(value: unknown): string {
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "string":
      return "str";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    default:
      return "dict";
  }
}
