/** The fields of this face's requests, with the framework's coercions and sentences. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength, titleLength } from "../../domain/account.ts";
import { emailFault } from "../../domain/email.ts";
import { codePoints, normalText, textFault } from "../../domain/text.ts";
import { emailLength, nameLength } from "../../domain/user.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { described } from "../described.ts";
import { nullCharacters, pythonType } from "./validation.ts";

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
      const faults = normal === undefined ? [absence(text)] : faultsOf(normal, rules);
      for (const message of faults) context.addIssue({ code: "custom", message });
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

export const organizationName = charField({
  max: titleLength,
  description: "The name of the organization",
  example: "Acme",
});

export const organizationSlug = charField({
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
});

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
export const personName = charField({
  max: nameLength,
  blank: true,
  description: "A name",
  example: "Ada",
});

const truths = new Set(["t", "y", "yes", "true", "on", "1"]);
const untruths = new Set(["f", "n", "no", "false", "off", "0"]);

/** The framework's BooleanField: takes the usual words and numbers for yes and no. */
export function booleanField(description: string) {
  return described(
    z.transform((value, context): boolean => {
      const word = plainText(value)?.trim().toLowerCase();
      if (word !== undefined && truths.has(word)) return true;
      if (word !== undefined && untruths.has(word)) return false;
      context.addIssue({ code: "custom", message: absenceOr(value, "Must be a valid boolean.") });
      return z.NEVER;
    }),
    { type: "boolean", description },
  );
}

/** The framework's IntegerField: whole numbers, and their text. */
export function integerField({ min, max, description }: { min: number; max: number; description: string }) {
  return described(
    z.transform((value, context): number => {
      const refuse = (message: string) => {
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      };
      const text = typeof value === "boolean" ? undefined : plainText(value);
      // Large numbers are written with an exponent here, and in full where the framework runs.
      const whole = Number.isInteger(value) ? BigInt(Number(value)).toString() : text;
      if (whole === undefined || !/^\s*[+-]?\d+(?:\.0*)?\s*$/.test(whole)) {
        return refuse(value === null ? "This field may not be null." : "A valid integer is required.");
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
  return described(
    z.transform((value, context): Choice => {
      const text = plainText(value);
      const found = choices.find((choice) => choice === text);
      if (found !== undefined) return found;
      const told = typeof value === "string" ? value : JSON.stringify(value);
      context.addIssue({ code: "custom", message: absenceOr(value, `"${told}" is not a valid choice.`) });
      return z.NEVER;
    }),
    { type: "string", enum: [...choices], description },
  );
}

/** Most groups one body names. */
const mostGroups = 100;

/** Keys of groups, as the framework's PrimaryKeyRelatedField reads them; whether there are such groups is seen later. */
export const groupsField = described(
  z.transform((value, context): number[] => {
    const refuse = (message: string) => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (value === undefined || value === null) return refuse(absence(value));
    if (!Array.isArray(value)) return refuse(`Expected a list of items but got type "${pythonType(value)}".`);
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
);

/** A filter by UUID, in any spelling; empty means no filter. */
export const uuidFilter = filter("uuid", (value) => parseUuid(value.trim()), "Enter a valid UUID.");

/** A filter by an integer key; empty means no filter. */
export const idFilter = filter(
  "id",
  (value) => (/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : undefined),
  "Enter a number.",
);

/** A filter by a text, as texts are stored; empty means no filter. */
export function textFilter(description: string) {
  return described(
    z
      .string()
      .optional()
      .transform((value) => (value === undefined || value.trim() === "" ? undefined : normalText(value))),
    { description },
  );
}

/** A UUID in the path, in any spelling the framework takes. */
export const uuidParameter = described(
  z.string().transform((value, context): string => {
    const uuid = parseUuid(value);
    if (uuid !== undefined) return uuid;
    context.addIssue({ code: "custom", message: "Not found." });
    return z.NEVER;
  }),
  { type: "string", format: "uuid", param: { name: "uuid", in: "path" } },
);

function filter<Value>(name: string, read: (value: string) => Value | undefined, sentence: string) {
  return described(
    z
      .string()
      .optional()
      .transform((value, context) => {
        if (value === undefined || value.trim() === "") return undefined;
        const result = read(value);
        if (result !== undefined) return result;
        context.addIssue({ code: "custom", message: sentence });
        return z.NEVER;
      }),
    { type: "string", description: `Only the one with this ${name}.` },
  );
}

/** The text of what has one: objects and lists, which could pretend to one, have none. */
function plainText(value: unknown): string | undefined {
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return plain ? String(value) : undefined;
}

function absenceOr(value: unknown, sentence: string): string {
  return value === undefined || value === null ? absence(value) : sentence;
}

function absence(value: unknown): string {
  if (value === undefined) return "This field is required.";
  return value === null ? "This field may not be null." : "Not a valid string.";
}

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
