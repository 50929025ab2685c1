/** The fields of this face's bodies that are no texts, with the framework's coercions and sentences. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength, titleLength } from "../../domain/account.ts";
import { validateEmail } from "../../domain/email.ts";
import { countCodePoints, normalizeText, validateText } from "../../domain/text.ts";
import { emailLength, nameLength } from "../../domain/user.ts";
import { lazy, withMetadata } from "../schema.ts";
import { addIssue, missingOrNull, nullCharacters, pythonType } from "./validation.ts";

const truths = new Set(["t", "y", "yes", "true", "on", "1"]);
const untruths = new Set(["f", "n", "no", "false", "off", "0"]);

/** The framework's BooleanField: takes the usual words and numbers for yes and no. */
export function booleanField(description: string) {
  return withMetadata(
    z.transform((value, context): boolean => {
      const word = plainText(value)?.trim().toLowerCase();
      if (word !== undefined && truths.has(word)) return true;
      if (word !== undefined && untruths.has(word)) return false;
      return addIssue(context, missingOrNull(value) ?? "Must be a valid boolean.");
    }),
    { type: "boolean", description },
  );
}

/** The framework's IntegerField: whole numbers, and their text. */
export function integerField({ min, max, description }: { min: number; max: number; description: string }) {
  return withMetadata(
    z.transform((value, context): number => {
      const refuse = (sentence: string) => addIssue(context, sentence);
      const text = typeof value === "boolean" ? undefined : plainText(value);
      // Large numbers are written with an exponent here, and in full where the framework runs.
      const whole = Number.isInteger(value) ? BigInt(Number(value)).toString() : text;
      if (whole === undefined || !/^\s*[+-]?\d+(?:\.0*)?\s*$/.test(whole)) {
        return refuse(missingOrNull(value) ?? "A valid integer is required.");
      }
      if (whole.length > 1_000) return refuse("String value too large.");
      const number = Number(whole);
      if (number < min) return refuse(`Ensure this value is greater than or equal to ${min}.`);
      return number > max ? refuse(`Ensure this value is less than or equal to ${max}.`) : number;
    }),
    { type: "integer", minimum: min, maximum: max, description },
  );
}

/** The framework's ChoiceField. */
export function choiceField<const Choice extends string>(choices: readonly Choice[], description: string) {
  return withMetadata(
    z.transform((value, context): Choice => {
      const text = plainText(value);
      const found = choices.find((choice) => choice === text);
      if (found !== undefined) return found;
      const told = typeof value === "string" ? value : JSON.stringify(value);
      return addIssue(context, missingOrNull(value) ?? `"${told}" is not a valid choice.`);
    }),
    { type: "string", enum: [...choices], description },
  );
}

/** Most groups one body names. */
const mostGroups = 100;

/** Keys of groups, as the framework's PrimaryKeyRelatedField reads them; whether there are such groups is seen later. */
export const groupsField = lazy(() =>
  withMetadata(
    z.transform((value, context): number[] => {
      const refuse = (sentence: string) => addIssue(context, sentence);
      const missing = missingOrNull(value);
      if (missing !== undefined) return refuse(missing);
      if (!Array.isArray(value))
        return refuse(`Expected a list of items but got type "${pythonType(value)}".`);
      if (value.length > mostGroups)
        return refuse(`Ensure this field has no more than ${mostGroups} elements.`);
      const keys = value.map((key: unknown) => {
        const number = typeof key === "string" && /^\s*[+-]?\d+\s*$/.test(key) ? Number(key) : key;
        if (key === null) refuse('Invalid pk "None" - object does not exist.');
        else if (typeof number !== "number")
          refuse(`Incorrect type. Expected pk value, received ${pythonType(key)}.`);
        else if (!Number.isSafeInteger(number)) refuse(`Invalid pk "${number}" - object does not exist.`);
        return typeof number === "number" ? number : 0;
      });
      return [...new Set(keys)].sort((left, right) => left - right);
    }),
    {
      type: "array",
      items: { type: "integer" },
      description: "The groups this user belongs to; set by who may assign groups",
    },
  ),
);

/** The text of what has one: objects and lists, which could pretend to one, have none. */
function plainText(value: unknown): string | undefined {
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return plain ? String(value) : undefined;
}

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
