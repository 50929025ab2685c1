/** Fields of requests, with pydantic's coercions and error messages. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength } from "../../domain/account.ts";
import { validateEmail } from "../../domain/email.ts";
import { countCodePoints, removeInvisible, validateText } from "../../domain/text.ts";
import { parseTimestamp, timestampFromNumber } from "../../domain/timestamp.ts";
import { emailLength } from "../../domain/user.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { lazy, type Metadata, withMetadata } from "../schema.ts";
import { addIssue, type FieldError, valueError } from "./validation.ts";

/** Returns a UUID field, which accepts any notation that pydantic accepts. */
export function uuid(description: string) {
  return coerced<string>({ type: "string", format: "uuid", description }, (value) => {
    if (typeof value === "string") {
      return (uuidForm.test(value) ? parseUuid(value) : undefined) ?? uuidError(value);
    }
    return { type: "uuid_type", msg: "UUID input should be a string, bytes or UUID object" };
  });
}

/** Returns a field for RFC 3339, a bare date or epoch seconds. Its value is in milliseconds since the epoch. */
export function dateTime(description: string) {
  return coerced({ type: "string", format: "date-time", description }, (value) => {
    if (typeof value === "number") return timestampFromNumber(value) ?? outOfRange;
    if (typeof value !== "string") return { type: "datetime_type", msg: "Input should be a valid datetime" };
    return parseTimestamp(value) ?? invalidDateTime;
  });
}

/** Returns an integer field, which accepts whole numbers as text too, as pydantic does. */
export function integer({ min, max, description }: { min: number; max?: number; description: string }) {
  const bounds = max === undefined ? { minimum: min } : { minimum: min, maximum: max };
  return coerced({ type: "integer", ...bounds, description }, (value) => {
    const number = typeof value === "boolean" ? Number(value) : value;
    const parsed =
      typeof number === "string" && /^\s*[+-]?\d+(?:\.0+)?\s*$/.test(number) ? Number(number) : number;
    if (typeof parsed === "string") {
      return {
        type: "int_parsing",
        msg: "Input should be a valid integer, unable to parse string as an integer",
      };
    }
    if (typeof parsed !== "number") return { type: "int_type", msg: "Input should be a valid integer" };
    if (!Number.isInteger(parsed)) {
      return {
        type: "int_from_float",
        msg: "Input should be a valid integer, got a number with a fractional part",
      };
    }
    const upper = max ?? Number.MAX_SAFE_INTEGER;
    if (parsed < min) return outOfBounds("greater_than_equal", "greater than or equal to", "ge", min);
    return parsed > upper ? outOfBounds("less_than_equal", "less than or equal to", "le", upper) : parsed;
  });
}

/** Returns a boolean field, which accepts the usual words and numbers too, as pydantic does. */
export function boolean(description: string) {
  return coerced<boolean>({ type: "boolean", description }, (value) => {
    const word = typeof value === "string" ? value.toLowerCase() : "";
    if (value === true || value === 1 || trueWords.has(word)) return true;
    if (value === false || value === 0 || falseWords.has(word)) return false;
    return typeof value === "string" || Number.isInteger(value)
      ? { type: "bool_parsing", msg: "Input should be a valid boolean, unable to interpret input" }
      : { type: "bool_type", msg: "Input should be a valid boolean" };
  });
}

/** Returns an array field with a maximum length. If the array is too long, its items are not validated. */
export function listOf<Item extends z.ZodType>(item: Item, max: number) {
  return withMetadata(
    z.preprocess((value, context) => {
      if (!Array.isArray(value) || value.length <= max) return value;
      return addIssue(context, {
        type: "too_long",
        msg: `List should have at most ${max} items after validation, not ${value.length}`,
        ctx: { field_type: "List", max_length: max, actual_length: value.length },
      });
    }, z.array(item)),
    { maxItems: max },
  );
}

/** Returns the field as optional and nullable. `type` is its type in the OpenAPI document. */
export function orNull<Field extends z.ZodType>(field: Field, type: "integer" | "string") {
  return withMetadata(field.nullish(), { type: [type, "null"] });
}

const uuidForm =
  /^(?:(?:urn:uuid:)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}|[0-9a-fA-F]{32})$/;
const trueWords = new Set(["true", "t", "yes", "y", "on", "1"]);
const falseWords = new Set(["false", "f", "no", "n", "off", "0"]);
const invalidDateTime: FieldError = {
  type: "datetime_from_date_parsing",
  msg: "Input should be a valid datetime or date, it cannot be read as one",
  ctx: { error: "it cannot be read as one" },
};

const outOfRange: FieldError = {
  type: "datetime_parsing",
  msg: "Input should be a valid datetime, dates after 9999 are not supported as unix timestamps",
  ctx: { error: "dates after 9999 are not supported as unix timestamps" },
};

/** Returns a required field. `read` returns the coerced value or an error. */
function coerced<Value extends number | boolean | string>(
  metadata: Metadata,
  read: (value: unknown) => Value | FieldError,
) {
  const schema = z.transform((value, context): Value => {
    if (value === undefined) return addIssue(context, { type: "missing", msg: "Field required" });
    const result = read(value);
    return typeof result === "object" ? addIssue(context, result) : result;
  });
  return withMetadata(schema, metadata);
}

function outOfBounds(type: string, relation: string, key: string, limit: number): FieldError {
  return { type, msg: `Input should be ${relation} ${limit}`, ctx: { [key]: limit } };
}

interface TextRules {
  /** Length in code points. */
  readonly min?: number;
  readonly max?: number;
  /** A regular expression, which the error message shows. */
  readonly pattern?: string;
  /** Whether the text is a name or title, which is stored without invisible characters. */
  readonly name?: boolean;
  /** Whether line breaks and tabs are allowed. */
  readonly lines?: boolean;
  /** Returns the error of a further rule. */
  readonly check?: (value: string) => FieldError | undefined;
  readonly description: string;
  readonly example?: string;
  readonly format?: string;
}

/** Returns a string field. It reports only the first broken rule, as pydantic does. */
export function text(rules: TextRules) {
  const schema = z.string().transform((value, context) => {
    const error = checkText(value, rules);
    return error === undefined ? value : addIssue(context, error);
  });
  return withMetadata(schema, {
    description: rules.description,
    ...(rules.min === undefined ? {} : { minLength: rules.min }),
    ...(rules.max === undefined ? {} : { maxLength: rules.max }),
    ...(rules.pattern === undefined ? {} : { pattern: rules.pattern }),
    ...(rules.format === undefined ? {} : { format: rules.format }),
    ...(rules.example === undefined ? {} : { example: rules.example }),
  });
}

const slugPattern = "^[a-z0-9_-]+$";

/** The slug of an account. */
export const slug = lazy(() =>
  text({
    max: slugLength,
    pattern: slugPattern,
    check: (value) => (isReservedSlug(value) ? valueError("This slug is reserved.") : undefined),
    description: "Unique, ignoring case. Must not be a reserved word or look like a UUID.",
    example: "acme",
  }),
);

/** An e-mail address. */
export const email = lazy(() =>
  text({
    max: emailLength,
    check: (value) => {
      const reason = validateEmail(value);
      return reason === undefined
        ? undefined
        : { type: "value_error", msg: `value is not a valid email address: ${reason}`, ctx: { reason } };
    },
    description: "An e-mail address.",
    format: "email",
    example: "ada@example.com",
  }),
);

/** Returns the first broken rule. */
function checkText(value: string, rules: TextRules): FieldError | undefined {
  const invalid = validateText(value, { lines: rules.lines ?? false });
  if (invalid?.kind === "surrogate") {
    return {
      type: "string_unicode",
      msg: "Input should be a valid string, unable to parse raw data as a unicode string",
    };
  }
  // The stored text counts: normalization form C can be longer than the text that was sent.
  const normal = rules.name === true ? removeInvisible(value) : value.normalize("NFC");
  if (rules.min !== undefined && countCodePoints(normal.trim()) < rules.min) {
    const characters = rules.min === 1 ? "character" : "characters";
    return {
      type: "string_too_short",
      msg: `String should have at least ${rules.min} ${characters}`,
      ctx: { min_length: rules.min },
    };
  }
  if (rules.max !== undefined && countCodePoints(normal) > rules.max) {
    return {
      type: "string_too_long",
      msg: `String should have at most ${rules.max} characters`,
      ctx: { max_length: rules.max },
    };
  }
  if (rules.pattern !== undefined && !new RegExp(rules.pattern).test(value)) {
    return {
      type: "string_pattern_mismatch",
      msg: `String should match pattern '${rules.pattern}'`,
      ctx: { pattern: rules.pattern },
    };
  }
  if (invalid !== undefined) return valueError("Control characters are not allowed.");
  return rules.check?.(value);
}

const groupLengths = [8, 4, 4, 4, 12];

/** Returns the error for an invalid UUID, with the message of the parser that pydantic uses. */
function uuidError(value: string): FieldError {
  const reason = uuidProblem(value);
  return { type: "uuid_parsing", msg: `Input should be a valid UUID, ${reason}`, ctx: { error: reason } };
}

function uuidProblem(value: string): string {
  const bare = value.replace(/^(?:urn:uuid:|\{)/, "").replace(/\}$/, "");
  const offset = value.indexOf(bare);
  const characters = [...bare];
  const wrong = characters.findIndex((character) => !/[0-9a-fA-F-]/.test(character));
  if (wrong !== -1) {
    return `invalid character: found \`${characters[wrong] ?? ""}\` at ${wrong + offset + 1}`;
  }
  const groups = bare.split("-");
  if (groups.length === 1) {
    return `invalid length: expected length 32 for simple format, found ${bare.length}`;
  }
  if (groups.length !== 5) return `invalid group count: expected 5, found ${groups.length}`;
  const at = groups.findIndex((group, index) => group.length !== groupLengths[index]);
  return `invalid group length in group ${at}: expected ${groupLengths[at] ?? 0}, found ${groups[at]?.length ?? 0}`;
}
