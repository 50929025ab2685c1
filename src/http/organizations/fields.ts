/** The fields of this face's requests, with the framework's coercions and sentences. */
import { z } from "@hono/zod-openapi";

import { isReservedSlug, slugLength, titleLength } from "../../domain/account.ts";
import { codePoints, normalText, textFault } from "../../domain/text.ts";
import { parseUuid } from "../../domain/uuid.ts";
import { nullCharacters } from "./validation.ts";

interface TextRules {
  readonly max: number;
  readonly description: string;
  readonly example: string;
  readonly pattern?: string;
  /** What else a value breaks, each in one sentence. */
  readonly faults?: (value: string) => readonly string[];
}

/** The framework's CharField: trims, takes numbers for their text, and tells every rule a value breaks. */
function charField(rules: TextRules) {
  return z
    .unknown()
    .transform((value, context): string => {
      const text = typeof value === "number" ? String(value) : value;
      const normal = typeof text === "string" ? normalText(text) : undefined;
      const faults = normal === undefined ? [absence(text)] : faultsOf(normal, rules);
      for (const message of faults) context.addIssue({ code: "custom", message });
      return faults.length === 0 && normal !== undefined ? normal : z.NEVER;
    })
    .openapi({
      type: "string",
      minLength: 1,
      maxLength: rules.max,
      description: rules.description,
      example: rules.example,
      ...(rules.pattern === undefined ? {} : { pattern: rules.pattern }),
    });
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

/** A filter by UUID, in any spelling; empty means no filter. */
export const uuidFilter = filter("uuid", (value) => parseUuid(value.trim()), "Enter a valid UUID.");

/** A filter by an integer key; empty means no filter. */
export const idFilter = filter(
  "id",
  (value) => (/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value) ? Number(value) : undefined),
  "Enter a number.",
);

/** A filter by a text, as texts are stored; empty means no filter. */
export const textFilter = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value.trim() === "" ? undefined : normalText(value)));

/** A UUID in the path, in any spelling the framework takes. */
export const uuidParameter = z
  .string()
  .transform((value, context): string => {
    const uuid = parseUuid(value);
    if (uuid !== undefined) return uuid;
    context.addIssue({ code: "custom", message: "Not found." });
    return z.NEVER;
  })
  .openapi({ type: "string", format: "uuid", param: { name: "uuid", in: "path" } });

function filter<Value>(name: string, read: (value: string) => Value | undefined, sentence: string) {
  return z
    .string()
    .optional()
    .transform((value, context) => {
      if (value === undefined || value.trim() === "") return undefined;
      const result = read(value);
      if (result !== undefined) return result;
      context.addIssue({ code: "custom", message: sentence });
      return z.NEVER;
    })
    .openapi({ type: "string", description: `Only the one with this ${name}.` });
}

function absence(value: unknown): string {
  if (value === undefined) return "This field is required.";
  return value === null ? "This field may not be null." : "Not a valid string.";
}

function faultsOf(text: string, rules: TextRules): string[] {
  if (text === "") return ["This field may not be blank."];
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
