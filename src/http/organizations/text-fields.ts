/** The texts in this face's bodies, with the framework's coercions and sentences. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength, titleLength } from "../../domain/account.ts";
import { emailFault } from "../../domain/email.ts";
import { codePoints, normalText, textFault } from "../../domain/text.ts";
import { emailLength, nameLength } from "../../domain/user.ts";
import { deferred } from "../deferred.ts";
import { described } from "../described.ts";
import { absence, nullCharacters, report } from "./validation.ts";

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
  return described(
    z.transform((value, context): string => {
      const text = typeof value === "number" ? String(value) : value;
      const normal = typeof text === "string" ? normalText(text) : undefined;
      const faults =
        normal === undefined ? [absence(text) ?? "Not a valid string."] : faultsOf(normal, rules);
      for (const sentence of faults) report(context, sentence);
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

export const organizationName = deferred(() =>
  charField({
    max: titleLength,
    description: "The name of the organization",
    example: "Acme",
  }),
);

export const organizationSlug = deferred(() =>
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
    faults: (value) => (emailFault(value) === undefined ? [] : [invalidEmail]),
  });
}

/** A first or last name. */
export const personName = deferred(() =>
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
  if (codePoints(text) > rules.max) {
    faults.push(`Ensure this field has no more than ${rules.max} characters.`);
  }
  const unfit = textFault(text);
  if (unfit?.kind === "null") faults.push(nullCharacters);
  if (unfit?.kind === "surrogate") faults.push(`Surrogate characters are not allowed: ${unfit.codePoint}.`);
  if (unfit?.kind === "control") faults.push("Control characters are not allowed.");
  return [...faults, ...(rules.faults?.(text) ?? [])];
}
