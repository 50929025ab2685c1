import { z } from "@hono/zod-openapi";

/** Field errors as Django REST framework tells them: sentences under the field's name. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** A request whose values do not fit; answered 400. A bare list stands for the request as a whole. */
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

/** Parses the values of a request; throws InvalidRequest with the sentences of every field that does not fit. */
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

/** Reports a sentence from inside a zod transform. */
export function addIssue(context: z.RefinementCtx, sentence: string): typeof z.NEVER {
  context.addIssue({ code: "custom", message: sentence });
  return z.NEVER;
}

/** What is told of a field that is left out or null; undefined where it has a value. */
export function missingOrNull(value: unknown): string | undefined {
  if (value === undefined) return "This field is required.";
  return value === null ? "This field may not be null." : undefined;
}

/** What Python calls the type of a JSON value. */
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
