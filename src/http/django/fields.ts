/** Fields of request bodies, with the coercions and messages of Django REST framework. */
import { z } from "@hono/zod-openapi";

import { validateEmail } from "../../domain/email.ts";
import { countCodePoints, normalizeName, normalizeText, validateText } from "../../domain/text.ts";
import { emailLength } from "../../domain/user.ts";
import { lazy, withMetadata } from "../schema.ts";
import { addIssue, missingOrNull, nullCharacters, pythonType } from "./validation.ts";

const trueWords = new Set(["t", "y", "yes", "true", "on", "1"]);
const falseWords = new Set(["f", "n", "no", "false", "off", "0"]);

/** Returns a field like BooleanField, which also accepts the usual words and numbers. */
export function booleanField(description: string) {
  return withMetadata(
    z.transform((value, context): boolean => {
      const word = scalarText(value)?.trim().toLowerCase();
      if (word !== undefined && trueWords.has(word)) return true;
      if (word !== undefined && falseWords.has(word)) return false;
      return addIssue(context, missingOrNull(value) ?? "Must be a valid boolean.");
    }),
    { type: "boolean", description },
  );
}

/** Returns a field like IntegerField, which accepts integers as numbers or text. */
export function integerField({ min, max, description }: { min: number; max: number; description: string }) {
  return withMetadata(
    z.transform((value, context): number => {
      const reject = (message: string) => addIssue(context, message);
      const text = typeof value === "boolean" ? undefined : scalarText(value);
      // JavaScript prints large numbers with an exponent, Python in full.
      const whole = Number.isInteger(value) ? BigInt(Number(value)).toString() : text;
      if (whole === undefined || !/^\s*[+-]?\d+(?:\.0*)?\s*$/.test(whole)) {
        return reject(missingOrNull(value) ?? "A valid integer is required.");
      }
      if (whole.length > 1_000) return reject("String value too large.");
      const number = Number(whole);
      if (number < min) return reject(`Ensure this value is greater than or equal to ${min}.`);
      return number > max ? reject(`Ensure this value is less than or equal to ${max}.`) : number;
    }),
    { type: "integer", minimum: min, maximum: max, description },
  );
}

/** Returns a field like ChoiceField. */
export function choiceField<const Choice extends string>(choices: readonly Choice[], description: string) {
  return withMetadata(
    z.transform((value, context): Choice => {
      const text = scalarText(value);
      const found = choices.find((choice) => choice === text);
      if (found !== undefined) return found;
      const shown = typeof value === "string" ? value : JSON.stringify(value);
      return addIssue(context, missingOrNull(value) ?? `"${shown}" is not a valid choice.`);
    }),
    { type: "string", enum: [...choices], description },
  );
}

/** Maximum number of groups in one body. */
const maxGroups = 100;

/** A list of group ids, like PrimaryKeyRelatedField. Whether the groups exist is checked later. */
export const groupsField = lazy(() =>
  withMetadata(
    z.transform((value, context): number[] => {
      const reject = (message: string) => addIssue(context, message);
      const missing = missingOrNull(value);
      if (missing !== undefined) return reject(missing);
      if (!Array.isArray(value))
        return reject(`Expected a list of items but got type "${pythonType(value)}".`);
      if (value.length > maxGroups)
        return reject(`Ensure this field has no more than ${maxGroups} elements.`);
      const keys = value.map((key: unknown) => {
        const number = typeof key === "string" && /^\s*[+-]?\d+\s*$/.test(key) ? Number(key) : key;
        if (key === null) reject('Invalid pk "None" - object does not exist.');
        else if (typeof number !== "number")
          reject(`Incorrect type. Expected pk value, received ${pythonType(key)}.`);
        else if (!Number.isSafeInteger(number)) reject(`Invalid pk "${number}" - object does not exist.`);
        return typeof number === "number" ? number : 0;
      });
      return [...new Set(keys)].sort((left, right) => left - right);
    }),
    {
      type: "array",
      items: { type: "integer" },
      description: "The groups this user belongs to. Changing them requires the permission `groups:assign`.",
    },
  ),
);

/** Returns a string, number or boolean as text; undefined for other values, whose text could look like one. */
function scalarText(value: unknown): string | undefined {
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return plain ? String(value) : undefined;
}

interface TextRules {
  readonly max: number;
  readonly description: string;
  readonly example: string;
  readonly pattern?: string;
  readonly format?: string;
  /** Whether the text is a name or title, which is stored without invisible characters. */
  readonly name?: boolean;
  /** Whether the text may be empty. */
  readonly blank?: boolean;
  /** Returns a message for each further rule that the value breaks. */
  readonly check?: (value: string) => readonly string[];
}

/** Returns a field like CharField: it trims, accepts numbers as text, and reports every broken rule. */
export function textField(rules: TextRules) {
  return withMetadata(
    z.transform((value, context): string => {
      const text = typeof value === "number" ? String(value) : value;
      const normalize = rules.name === true ? normalizeName : normalizeText;
      const normal = typeof text === "string" ? normalize(text) : undefined;
      const messages =
        normal === undefined ? [missingOrNull(text) ?? "Not a valid string."] : checkText(normal, rules);
      for (const message of messages) addIssue(context, message);
      return messages.length === 0 && normal !== undefined ? normal : z.NEVER;
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

const invalidEmail = "Enter a valid email address.";

/** Returns a field like EmailField. */
export function emailField(rules: { readonly blank?: boolean } = {}) {
  return textField({
    max: emailLength,
    ...rules,
    description: "An e-mail address",
    example: "ada@example.com",
    format: "email",
    check: (value) => (validateEmail(value) === undefined ? [] : [invalidEmail]),
  });
}

/** Returns a message for each rule that the text breaks. */
function checkText(text: string, rules: TextRules): string[] {
  if (text === "") return rules.blank === true ? [] : ["This field may not be blank."];
  const messages: string[] = [];
  if (countCodePoints(text) > rules.max) {
    messages.push(`Ensure this field has no more than ${rules.max} characters.`);
  }
  const invalid = validateText(text);
  if (invalid?.kind === "null") messages.push(nullCharacters);
  if (invalid?.kind === "surrogate")
    messages.push(`Surrogate characters are not allowed: ${invalid.codePoint}.`);
  if (invalid?.kind === "control") messages.push("Control characters are not allowed.");
  return [...messages, ...(rules.check?.(text) ?? [])];
}
