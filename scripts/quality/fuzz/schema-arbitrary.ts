import * as fc from "fast-check";

import type { Schema } from "../../../test/support/openapi-schema.ts";
import { names, texts, values } from "./hostile.ts";

export interface Values {
  /** Values that their schema does not describe, by field name: ids that exist, files, certificates. */
  readonly byName: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** Strings by the format that their schema names. */
  readonly byFormat: Readonly<Record<string, fc.Arbitrary<string>>>;
  /** All other strings. */
  readonly text: fc.Arbitrary<string>;
}

export interface ValueOptions extends Values {
  readonly document: Schema;
  /** Whether some values are replaced by hostile ones, and some fields added or left out. */
  readonly hostile?: boolean;
}

export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...texts) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
);
const hostileValue = fc.oneof(hostileText, fc.constantFrom(...values), fc.jsonValue(), fc.double());

/** Returns an arbitrary of the values that fit a schema of the document, or almost fit it if `hostile` is set. */
export function fromSchema(reference: Schema, name: string, options: ValueOptions): fc.Arbitrary<unknown> {
  const schema = resolveReference(options.document, reference);
  const fitting = fittingValue(schema, name, options);
  if (!options.hostile) return fitting;
  return fc.oneof(
    { weight: 8, arbitrary: fitting },
    { weight: 1, arbitrary: hostileValue },
    { weight: 1, arbitrary: atBounds(schema, options) },
  );
}

function fittingValue(schema: Schema, name: string, options: ValueOptions): fc.Arbitrary<unknown> {
  const { byName, byFormat, text } = options;
  const known = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (known !== undefined) return known;
  const type = [schema["type"]].flat();
  if (type.includes("null")) {
    const value = { ...schema, type: type.filter((one) => one !== "null") };
    return fc.option(fittingValue(value, name, options), { freq: 9 });
  }
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...(schema["enum"] as unknown[]));
  switch (type[0]) {
    case "object":
      return objectOf(schema, options);
    case "array":
      return fc.array(fromSchema((schema["items"] ?? {}) as Schema, `${name} item`, options), {
        maxLength: 2,
      });
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number": {
      const min = Number(schema["minimum"] ?? 0);
      return fc.integer({ min, max: Math.min(min + 100, Number(schema["maximum"] ?? Infinity)) });
    }
    default:
      if (typeof schema["pattern"] === "string") return fc.stringMatching(new RegExp(schema["pattern"]));
      return byFormat[String(schema["format"])] ?? text;
  }
}

/** Returns objects of a schema; hostile ones may lack required fields and have unknown ones. */
function objectOf(schema: Schema, options: ValueOptions): fc.Arbitrary<object> {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
  const fields = Object.fromEntries(
    properties.map(([name, property]) => [name, fromSchema(property, name, options)]),
  );
  const requiredKeys = (schema["required"] ?? []) as string[];
  const complete = fc.record(fields, { requiredKeys });
  if (!options.hostile) return complete;
  const unknown = fc.dictionary(fc.constantFrom(...names), hostileValue, { maxKeys: 3 });
  return fc
    .tuple(
      fc.oneof({ weight: 4, arbitrary: complete }, fc.record(fields, { requiredKeys: [] })),
      fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, unknown),
    )
    .map(([one, other]) => ({ ...one, ...other }));
}

/** Returns values whose length or number is at a bound of the schema, or one away from it. */
function atBounds(schema: Schema, options: ValueOptions): fc.Arbitrary<unknown> {
  const near = (lower: string, upper: string) =>
    fc
      .tuple(
        fc.constantFrom(Number(schema[lower] ?? 0), Number(schema[upper] ?? 0)),
        fc.integer({ min: -1, max: 1 }),
      )
      .map(([bound, offset]) => bound + offset);
  const length = (lower: string, upper: string) => near(lower, upper).map((count) => Math.max(count, 0));
  if (schema["maxLength"] !== undefined) {
    const characters = fc.constantFrom("a", "é", "😀");
    return fc
      .tuple(characters, length("minLength", "maxLength"))
      .map(([character, count]) => character.repeat(count));
  }
  if (schema["minimum"] !== undefined) return near("minimum", "maximum");
  if (schema["maxItems"] !== undefined) {
    const item = fromSchema((schema["items"] ?? {}) as Schema, "", { ...options, hostile: false });
    return fc
      .tuple(item, length("minItems", "maxItems"))
      .map(([value, count]) => Array<unknown>(count).fill(value));
  }
  return fc.constantFrom("", 0, [], {}, null);
}

/** Returns the schema that a reference names, and any other schema as it is. */
export function resolveReference(document: Schema, schema: Schema): Schema {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return schema;
  const keys = reference.replace(/^#\//, "").split("/");
  return keys.reduce((found, key) => found[key] as Schema, document);
}
