/** The texts in requests, each with pydantic's way of refusing a value. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength } from "../../domain/account.ts";
import { validateEmail } from "../../domain/email.ts";
import { countCodePoints, validateText } from "../../domain/text.ts";
import { emailLength } from "../../domain/user.ts";
import { lazy } from "../lazy.ts";
import { withMetadata } from "../openapi/metadata.ts";
import { addIssue, type FieldError, valueError } from "./validation.ts";

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
