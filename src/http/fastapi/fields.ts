/** The fields of requests that are no texts, each with pydantic's way of refusing a value. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength } from "../../domain/account.ts";
import { validateEmail } from "../../domain/email.ts";
import { countCodePoints, validateText } from "../../domain/text.ts";
import { parseTimestamp, timestampFromNumber } from "../../domain/timestamp.ts";
import { emailLength } from "../../domain/user.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { lazy, type Metadata, withMetadata } from "../schema.ts";
import { addIssue, type FieldError, valueError } from "./validation.ts";

/** A UUID in any of the spellings pydantic takes. */
export function uuid(description: string) {
  return lax<string>({ type: "string", format: "uuid", description }, (value) => {
    if (typeof value === "string") {
      return (uuidForm.test(value) ? parseUuid(value) : undefined) ?? uuidError(value);
    }
    return { type: "uuid_type", msg: "UUID input should be a string, bytes or UUID object" };
  });
}

/** A time: RFC 3339, a bare date, or epoch seconds. In milliseconds since the epoch. */
export function dateTime(description: string) {
  return lax({ type: "string", format: "date-time", description }, (value) => {
    if (typeof value === "number") return timestampFromNumber(value) ?? outOfRange;
    if (typeof value !== "string") return { type: "datetime_type", msg: "Input should be a valid datetime" };
    return parseTimestamp(value) ?? unreadable;
  });
}

/** An integer, in a query or a body; whole numbers and their text are taken too, as pydantic does. */
export function integer({ min, max, description }: { min: number; max?: number; description: string }) {
  const bounds = max === undefined ? { minimum: min } : { minimum: min, maximum: max };
  return lax({ type: "integer", ...bounds, description }, (value) => {
    const number = typeof value === "boolean" ? Number(value) : value;
    const read =
      typeof number === "string" && /^\s*[+-]?\d+(?:\.0+)?\s*$/.test(number) ? Number(number) : number;
    if (typeof read === "string") {
      return {
        type: "int_parsing",
        msg: "Input should be a valid integer, unable to parse string as an integer",
      };
    }
    if (typeof read !== "number") return { type: "int_type", msg: "Input should be a valid integer" };
    if (!Number.isInteger(read)) {
      return {
        type: "int_from_float",
        msg: "Input should be a valid integer, got a number with a fractional part",
      };
    }
    const most = max ?? Number.MAX_SAFE_INTEGER;
    if (read < min) return bound("greater_than_equal", "greater than or equal to", "ge", min);
    return read > most ? bound("less_than_equal", "less than or equal to", "le", most) : read;
  });
}

/** A boolean; the usual words and numbers for yes and no are taken too, as pydantic does. */
export function boolean(description: string) {
  return lax<boolean>({ type: "boolean", description }, (value) => {
    const word = typeof value === "string" ? value.toLowerCase() : "";
    if (value === true || value === 1 || truths.has(word)) return true;
    if (value === false || value === 0 || untruths.has(word)) return false;
    return typeof value === "string" || Number.isInteger(value)
      ? { type: "bool_parsing", msg: "Input should be a valid boolean, unable to interpret input" }
      : { type: "bool_type", msg: "Input should be a valid boolean" };
  });
}

/** A list of at most so many; of a longer one that is told, and nothing of what stands in it. */
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

/** The same field, left out or null. What reads it says no type, so that the document must be told both. */
export function orNull<Field extends z.ZodType>(field: Field, type: "integer" | "string") {
  return withMetadata(field.nullish(), { type: [type, "null"] });
}

const uuidForm =
  /^(?:(?:urn:uuid:)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\{[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}|[0-9a-fA-F]{32})$/;
const truths = new Set(["true", "t", "yes", "y", "on", "1"]);
const untruths = new Set(["false", "f", "no", "n", "off", "0"]);
const unreadable: FieldError = {
  type: "datetime_from_date_parsing",
  msg: "Input should be a valid datetime or date, it cannot be read as one",
  ctx: { error: "it cannot be read as one" },
};

const outOfRange: FieldError = {
  type: "datetime_parsing",
  msg: "Input should be a valid datetime, dates after 9999 are not supported as unix timestamps",
  ctx: { error: "dates after 9999 are not supported as unix timestamps" },
};

/** A value read in a way of its own: what `read` makes of it, or what is wrong with it. */
function lax<Value extends number | boolean | string>(
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

function bound(type: string, words: string, key: string, limit: number): FieldError {
  return { type, msg: `Input should be ${words} ${limit}`, ctx: { [key]: limit } };
}

interface TextRules {
  /** Least and most code points. */
  readonly min?: number;
  readonly max?: number;
  /** A regular expression, as it is told in the answer. */
  readonly pattern?: string;
  /** Whether line ends and tabs are ordinary characters. */
  readonly lines?: boolean;
  /** What no pattern can say: the reason a value is refused. */
  readonly refuse?: (value: string) => FieldError | undefined;
  readonly description: string;
  readonly example?: string;
  readonly format?: string;
}

/** A string; of all rules it breaks the first is told, as pydantic does. */
export function text(rules: TextRules) {
  const schema = z.string().transform((value, context) => {
    const fault = textFaultOf(value, rules);
    return fault === undefined ? value : addIssue(context, fault);
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

/** A slug that an account may take. */
export const slug = lazy(() =>
  text({
    max: slugLength,
    pattern: slugPattern,
    refuse: (value) => (isReservedSlug(value) ? valueError("This slug is reserved.") : undefined),
    description: "Unique without regard to case; not a reserved word and not of a UUID's form.",
    example: "acme",
  }),
);

/** An e-mail address. */
export const email = lazy(() =>
  text({
    max: emailLength,
    refuse: (value) => {
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

function textFaultOf(value: string, rules: TextRules): FieldError | undefined {
  const unfit = validateText(value, { lines: rules.lines ?? false });
  if (unfit?.kind === "surrogate") {
    return {
      type: "string_unicode",
      msg: "Input should be a valid string, unable to parse raw data as a unicode string",
    };
  }
  // What counts is what is stored: normal form C can be longer than what was sent.
  const normal = value.normalize("NFC");
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
  if (unfit !== undefined) return valueError("Control characters are not allowed.");
  return rules.refuse?.(value);
}

const groupLengths = [8, 4, 4, 4, 12];

/** What is wrong with a UUID, in the words of the parser that pydantic uses. */
function uuidError(value: string): FieldError {
  const reason = uuidProblem(value);
  return { type: "uuid_parsing", msg: `Input should be a valid UUID, ${reason}`, ctx: { error: reason } };
}

function uuidProblem(value: string): string {
  const bare = value.replace(/^(?:urn:uuid:|\{)/, "").replace(/\}$/, "");
  const ahead = value.indexOf(bare);
  const characters = [...bare];
  const wrong = characters.findIndex((character) => !/[0-9a-fA-F-]/.test(character));
  if (wrong !== -1) {
    return `invalid character: found \`${characters[wrong] ?? ""}\` at ${wrong + ahead + 1}`;
  }
  const groups = bare.split("-");
  if (groups.length === 1) {
    return `invalid length: expected length 32 for simple format, found ${bare.length}`;
  }
  if (groups.length !== 5) return `invalid group count: expected 5, found ${groups.length}`;
  const at = groups.findIndex((group, index) => group.length !== groupLengths[index]);
  return `invalid group length in group ${at}: expected ${groupLengths[at] ?? 0}, found ${groups[at]?.length ?? 0}`;
}
