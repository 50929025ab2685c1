import { z } from "@hono/zod-openapi";

import type { DomainError } from "../../domain/errors.ts";

/** One thing wrong with a request, as pydantic reports it through FastAPI. */
export interface ValidationIssue {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** A request that does not fit its operation: everything wrong with it, together. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly issues: readonly ValidationIssue[];
  constructor(issues: readonly ValidationIssue[]) {
    super("invalid request");
    this.issues = issues;
  }
}

/** What a field's own rule reports: pydantic's type and context beside the message. */
export interface FieldError {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Reports a fault from inside a zod transform: of the value itself, or of what stands at `path` in it. */
export function addIssue(
  context: z.RefinementCtx,
  { type, msg, ctx }: FieldError,
  path: (string | number)[] = [],
): typeof z.NEVER {
  context.addIssue({ code: "custom", message: msg, params: { type, ctx }, path });
  return z.NEVER;
}

/** The parts of a request; a form is a body. */
export type RequestPart = "path" | "query" | "body" | "form";

/** Parses one part of a request; what is wrong is told under its name, the beginning of each `loc`. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: RequestPart,
): { readonly value: z.output<Schema> } | { readonly issues: readonly ValidationIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  return { issues: result.error.issues.map((issue) => translate(issue, value, part)) };
}

/** A refusal of the domain that is told as a fault of a field; undefined for any other. */
export function toFieldError({ code, details }: DomainError): ValidationIssue | undefined {
  if (code !== "zone_not_available") return undefined;
  const input = details.value ?? null;
  return { ...valueError("This zone does not exist."), loc: ["body", "zone"], input };
}

/** pydantic's `value_error`, for a rule no type can tell. */
export function valueError(reason: string): FieldError {
  return { type: "value_error", msg: `Value error, ${reason}`, ctx: { error: {} } };
}

type Issue = z.core.$ZodIssue;

function translate(issue: Issue, root: unknown, from: RequestPart): ValidationIssue {
  const part = from === "form" ? "body" : from;
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  const input = valueAt(root, path);
  // A part that is missing as a whole is missing at its own name; a query and a form have nothing to show.
  if (input === undefined && (issue.code !== "custom" || issue.params?.["type"] === "missing")) {
    const parent = from === "query" || from === "form" ? null : (valueAt(root, path.slice(0, -1)) ?? null);
    return { type: "missing", loc: [part, ...path], msg: "Field required", input: parent };
  }
  const { type, msg, ctx } = faultOf(issue, input);
  return { type, loc: [part, ...path], msg, input: input ?? null, ...(ctx === undefined ? {} : { ctx }) };
}

function faultOf(issue: Issue, input: unknown): FieldError {
  if (issue.code === "custom") {
    const { type, ctx } = (issue.params ?? {}) as { type?: string; ctx?: Record<string, unknown> };
    return { type: type ?? "value_error", msg: issue.message, ...(ctx === undefined ? {} : { ctx }) };
  }
  if (issue.code === "invalid_value") {
    const expected = listed(issue.values.map((value) => `'${String(value)}'`));
    return { type: "enum", msg: `Input should be ${expected}`, ctx: { expected } };
  }
  if (issue.code === "invalid_type") return typeFault(issue.expected, input);
  return valueError(issue.message);
}

function typeFault(expected: string, input: unknown): FieldError {
  switch (expected) {
    case "string":
      return { type: "string_type", msg: "Input should be a valid string" };
    case "array":
      return { type: "list_type", msg: "Input should be a valid list" };
    case "boolean":
      return { type: "bool_type", msg: "Input should be a valid boolean" };
    case "int":
    case "number":
      return typeof input === "string"
        ? {
            type: "int_parsing",
            msg: "Input should be a valid integer, unable to parse string as an integer",
          }
        : { type: "int_type", msg: "Input should be a valid integer" };
    case "object":
      return {
        type: "model_attributes_type",
        msg: "Input should be a valid dictionary or object to extract fields from",
      };
    default:
      return valueError(`Input should be a valid ${expected}`);
  }
}

/** "a", "a or b", "a, b or c". */
function listed(values: readonly string[]): string {
  return values.length < 2
    ? (values[0] ?? "")
    : `${values.slice(0, -1).join(", ")} or ${values.at(-1) ?? ""}`;
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
