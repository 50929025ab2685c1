import { z } from "@hono/zod-openapi";

import type { DomainError } from "../../domain/errors.ts";
import type { AnyErrorCode } from "../errors.ts";

/** A validation error in the format of FastAPI and pydantic. */
export interface ValidationIssue {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Thrown for an invalid request, with all its validation errors. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly issues: readonly ValidationIssue[];
  readonly code: AnyErrorCode;
  constructor(issues: readonly ValidationIssue[], code: AnyErrorCode = "validation_failed") {
    super("invalid request");
    this.issues = issues;
    this.code = code;
  }
}

/** The error of one field: pydantic's type, message and context. */
export interface FieldError {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Reports an error from inside a zod transform; `path` is relative to the value. */
export function addIssue(
  context: z.RefinementCtx,
  { type, msg, ctx }: FieldError,
  path: (string | number)[] = [],
): typeof z.NEVER {
  context.addIssue({ code: "custom", message: msg, params: { type, ctx }, path });
  return z.NEVER;
}

/** The parts of a request. Errors of a form are reported as errors of the body. */
export type RequestPart = "path" | "query" | "body" | "form";

/** Parses one part of a request. The `loc` of each error begins with the part's name. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part: RequestPart,
): { readonly value: z.output<Schema> } | { readonly issues: readonly ValidationIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  return { issues: result.error.issues.map((issue) => translate(issue, value, part)) };
}

/** Returns the validation error for a domain error about a field; undefined for other errors. */
export function toValidationIssue({ code, details }: DomainError): ValidationIssue | undefined {
  if (code !== "zone_not_available") return undefined;
  const input = details.value ?? null;
  return { ...valueError("This zone does not exist."), loc: ["body", "zone"], input };
}

/** Returns pydantic's `value_error`, for rules beyond types. */
export function valueError(reason: string): FieldError {
  return { type: "value_error", msg: `Value error, ${reason}`, ctx: { error: {} } };
}

type Issue = z.core.$ZodIssue;

/** Converts an issue of zod to one of pydantic. */
function translate(issue: Issue, root: unknown, from: RequestPart): ValidationIssue {
  const part = from === "form" ? "body" : from;
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  const input = valueAt(root, path);
  // For a missing value the input is its parent; a query or a form is not shown.
  if (input === undefined && (issue.code !== "custom" || issue.params?.["type"] === "missing")) {
    const parent = from === "query" || from === "form" ? null : (valueAt(root, path.slice(0, -1)) ?? null);
    return { type: "missing", loc: [part, ...path], msg: "Field required", input: parent };
  }
  const { type, msg, ctx } = toFieldError(issue, input);
  return { type, loc: [part, ...path], msg, input: input ?? null, ...(ctx === undefined ? {} : { ctx }) };
}

function toFieldError(issue: Issue, input: unknown): FieldError {
  if (issue.code === "custom") {
    const { type, ctx } = (issue.params ?? {}) as { type?: string; ctx?: Record<string, unknown> };
    return { type: type ?? "value_error", msg: issue.message, ...(ctx === undefined ? {} : { ctx }) };
  }
  if (issue.code === "invalid_value") {
    const expected = alternatives(issue.values.map((value) => `'${String(value)}'`));
    return { type: "enum", msg: `Input should be ${expected}`, ctx: { expected } };
  }
  if (issue.code === "invalid_type") return typeError(issue.expected, input);
  return valueError(issue.message);
}

function typeError(expected: string, input: unknown): FieldError {
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

/** Joins values: "a", "a or b", "a, b or c". */
function alternatives(values: readonly string[]): string {
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
