/** The texts in this face's bodies, with the framework's coercions and sentences. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength, titleLength } from "../../domain/account.ts";
import { validateEmail } from "../../domain/email.ts";
import { countCodePoints, normalizeText, validateText } from "../../domain/text.ts";
import { emailLength, nameLength } from "../../domain/user.ts";
import { lazy } from "../lazy.ts";
import { withMetadata } from "../openapi/metadata.ts";
import { addIssue, missingOrNull, nullCharacters } from "./validation.ts";

interface TextRules {
  readonly max: number;
  readonly description: string;
  readonly example: string;
  readonly pattern?: string;
  readonly format?: string;
  /** Whether it may be empty. */
  readonly blank?: boolean;
  /** What else a value breaks, each in one sentence. */
  readonly faults?: (value: string) => readonly string[];
}

/** The framework's CharField: trims, takes numbers for their text, and tells every rule a value breaks. */
function charField(rules: TextRules) {
  return withMetadata(
    z.transform((value, context): string => {
      const text = typeof value === "number" ? String(value) : value;
      const normal = typeof text === "string" ? normalizeText(text) : undefined;
      const faults =
        normal === undefined ? [missingOrNull(text) ?? "Not a valid string."] : faultsOf(normal, rules);
      for (const sentence of faults) addIssue(context, sentence);
      return faults.length === 0 && normal !== undefined ? normal : z.NEVER;
    }),
    {
      type: "string",
      ...(rules.blank === true ? {} : { minLength: 1 }),
      maxLength: rules.max,
      description: rules.description,
      example: rules.example,
      ...(rules.pattern === undefined ? {} : { pattern: rules.pattern }),
      ...(rules.format === undefined ? {} : { format: rules.format }),
    },
  );
}

export const organizationName = lazy(() =>
  charField({
    max: titleLength,
    description: "The name of the organization",
    example: "Acme",
  }),
);

export const organizationSlug = lazy(() =>
  charField({
    max: slugLength,
    description: "The name in all lowercase, suitable for URL identification",
    example: "acme",
    pattern: "^[-a-zA-Z0-9_]+$",
    faults: (value) => {
      if (!/^[-a-zA-Z0-9_]+$/.test(value)) {
        return ['Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'];
      }
      return isReservedSlug(value) ? ["This slug is reserved."] : [];
    },
  }),
);

const invalidEmail = "Enter a valid email address.";

/** The framework's EmailField. */
export function emailField(rules: { readonly blank?: boolean } = {}) {
  return charField({
    max: emailLength,
    ...rules,
    description: "An e-mail address",
    example: "ada@example.com",
    format: "email",
    faults: (value) => (validateEmail(value) === undefined ? [] : [invalidEmail]),
  });
}

/** A first or last name. */
export const personName = lazy(() =>
  charField({
    max: nameLength,
    blank: true,
    description: "A name",
    example: "Ada",
  }),
);

function faultsOf(text: string, rules: TextRules): string[] {
  if (text === "") return rules.blank === true ? [] : ["This field may not be blank."];
  const faults: string[] = [];
  if (countCodePoints(text) > rules.max) {
    faults.push(`Ensure this field has no more than ${rules.max} characters.`);
  }
  const unfit = validateText(text);
  if (unfit?.kind === "null") faults.push(nullCharacters);
  if (unfit?.kind === "surrogate") faults.push(`Surrogate characters are not allowed: ${unfit.codePoint}.`);
  if (unfit?.kind === "control") faults.push("Control characters are not allowed.");
  return [...faults, ...(rules.faults?.(text) ?? [])];
}
