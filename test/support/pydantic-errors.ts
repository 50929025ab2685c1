/** A validation error in pydantic's format. */
export interface PydanticError {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: object;
}

/** Returns the response to an invalid body with these errors. */
export function invalidBody(
  ...faults: (PydanticError & { loc: (string | number)[]; input: unknown })[]
): object {
  return {
    status: 422,
    body: { detail: faults.map((fault) => ({ ...fault, loc: ["body", ...fault.loc] })) },
  };
}

/** Returns the response to an invalid query parameter. */
export function invalidQuery(key: string, input: string, fault: PydanticError): object {
  return { status: 422, body: { detail: [{ ...fault, loc: ["query", key], input }] } };
}

export function notOneOf(...values: string[]): PydanticError {
  const quoted = values.map((value) => `'${value}'`);
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return { type: "enum", msg: `Input should be ${expected}`, ctx: { expected } };
}

export function atLeast(ge: number): PydanticError {
  return { type: "greater_than_equal", msg: `Input should be greater than or equal to ${ge}`, ctx: { ge } };
}

export function atMost(le: number): PydanticError {
  return { type: "less_than_equal", msg: `Input should be less than or equal to ${le}`, ctx: { le } };
}

export function tooLong(max: number): PydanticError {
  const msg = `String should have at most ${max} characters`;
  return { type: "string_too_long", msg, ctx: { max_length: max } };
}

export function patternMismatch(pattern: string): PydanticError {
  const msg = `String should match pattern '${pattern}'`;
  return { type: "string_pattern_mismatch", msg, ctx: { pattern } };
}

export function tooManyItems(max: number, actual: number): PydanticError {
  return {
    type: "too_long",
    msg: `List should have at most ${max} items after validation, not ${actual}`,
    ctx: { field_type: "List", max_length: max, actual_length: actual },
  };
}

export function badValue(reason: string): PydanticError {
  return { type: "value_error", msg: `Value error, ${reason}`, ctx: { error: {} } };
}

export const missingField: PydanticError = { type: "missing", msg: "Field required" };
export const controlCharacter: PydanticError = badValue("Control characters are not allowed.");
export const tooShort: PydanticError = {
  type: "string_too_short",
  msg: "String should have at least 1 character",
  ctx: { min_length: 1 },
};
export const notString: PydanticError = { type: "string_type", msg: "Input should be a valid string" };
export const notInteger: PydanticError = { type: "int_type", msg: "Input should be a valid integer" };
export const fractionalNumber: PydanticError = {
  type: "int_from_float",
  msg: "Input should be a valid integer, got a number with a fractional part",
};
export const notIntegerText: PydanticError = {
  type: "int_parsing",
  msg: "Input should be a valid integer, unable to parse string as an integer",
};
export const notBoolean: PydanticError = { type: "bool_type", msg: "Input should be a valid boolean" };
export const notBooleanText: PydanticError = {
  type: "bool_parsing",
  msg: "Input should be a valid boolean, unable to interpret input",
};
export const notList: PydanticError = { type: "list_type", msg: "Input should be a valid list" };
export const notObject: PydanticError = {
  type: "model_attributes_type",
  msg: "Input should be a valid dictionary or object to extract fields from",
};
export const notDatetime: PydanticError = { type: "datetime_type", msg: "Input should be a valid datetime" };
export const dateTooLate: PydanticError = {
  type: "datetime_parsing",
  msg: "Input should be a valid datetime, dates after 9999 are not supported as unix timestamps",
  ctx: { error: "dates after 9999 are not supported as unix timestamps" },
};
export const notDatetimeText: PydanticError = {
  type: "datetime_from_date_parsing",
  msg: "Input should be a valid datetime or date, it cannot be read as one",
  ctx: { error: "it cannot be read as one" },
};

/** A field, an invalid value and the error. */
export interface InvalidValue {
  readonly field: string;
  readonly input: unknown;
  readonly fault: PydanticError;
}

/** Returns rows for several invalid values of a field with the same error. */
export function invalidValues(field: string, fault: PydanticError, ...inputs: unknown[]): InvalidValue[] {
  return inputs.map((input) => ({ field, input, fault }));
}
