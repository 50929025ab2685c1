/** What is wrong with a request's values, told as pydantic tells it. */
export interface Fault {
  readonly type: string;
  readonly msg: string;
  readonly ctx?: object;
}

/** The answer to a request with this wrong in its body, each at its place. */
export function wrongBody(...faults: (Fault & { loc: (string | number)[]; input: unknown })[]): object {
  return {
    status: 422,
    body: { detail: faults.map((fault) => ({ ...fault, loc: ["body", ...fault.loc] })) },
  };
}

/** The answer to a request with this wrong with one key of its query. */
export function wrongQuery(key: string, input: string, fault: Fault): object {
  return { status: 422, body: { detail: [{ ...fault, loc: ["query", key], input }] } };
}

export function notAmong(...values: string[]): Fault {
  const quoted = values.map((value) => `'${value}'`);
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return { type: "enum", msg: `Input should be ${expected}`, ctx: { expected } };
}

export function atLeast(ge: number): Fault {
  return { type: "greater_than_equal", msg: `Input should be greater than or equal to ${ge}`, ctx: { ge } };
}

export function atMost(le: number): Fault {
  return { type: "less_than_equal", msg: `Input should be less than or equal to ${le}`, ctx: { le } };
}

export function tooLong(max: number): Fault {
  const msg = `String should have at most ${max} characters`;
  return { type: "string_too_long", msg, ctx: { max_length: max } };
}

export function noMatch(pattern: string): Fault {
  const msg = `String should match pattern '${pattern}'`;
  return { type: "string_pattern_mismatch", msg, ctx: { pattern } };
}

export function tooManyItems(max: number, actual: number): Fault {
  return {
    type: "too_long",
    msg: `List should have at most ${max} items after validation, not ${actual}`,
    ctx: { field_type: "List", max_length: max, actual_length: actual },
  };
}

export function badValue(reason: string): Fault {
  return { type: "value_error", msg: `Value error, ${reason}`, ctx: { error: {} } };
}

export const noField: Fault = { type: "missing", msg: "Field required" };
export const control: Fault = badValue("Control characters are not allowed.");
export const tooShort: Fault = {
  type: "string_too_short",
  msg: "String should have at least 1 character",
  ctx: { min_length: 1 },
};
export const noString: Fault = { type: "string_type", msg: "Input should be a valid string" };
export const noInteger: Fault = { type: "int_type", msg: "Input should be a valid integer" };
export const fraction: Fault = {
  type: "int_from_float",
  msg: "Input should be a valid integer, got a number with a fractional part",
};
export const noIntegerText: Fault = {
  type: "int_parsing",
  msg: "Input should be a valid integer, unable to parse string as an integer",
};
export const noBoolean: Fault = { type: "bool_type", msg: "Input should be a valid boolean" };
export const noBooleanWord: Fault = {
  type: "bool_parsing",
  msg: "Input should be a valid boolean, unable to interpret input",
};
export const noList: Fault = { type: "list_type", msg: "Input should be a valid list" };
export const noObject: Fault = {
  type: "model_attributes_type",
  msg: "Input should be a valid dictionary or object to extract fields from",
};
export const noMoment: Fault = { type: "datetime_type", msg: "Input should be a valid datetime" };
export const tooLate: Fault = {
  type: "datetime_parsing",
  msg: "Input should be a valid datetime, dates after 9999 are not supported as unix timestamps",
  ctx: { error: "dates after 9999 are not supported as unix timestamps" },
};
export const noMomentText: Fault = {
  type: "datetime_from_date_parsing",
  msg: "Input should be a valid datetime or date, it cannot be read as one",
  ctx: { error: "it cannot be read as one" },
};

/** A field, a value it does not take, and what is said of that. */
export type Wrong = readonly [field: string, input: unknown, fault: Fault];

/** Values of a field that are wrong in one way. */
export function wrong(field: string, fault: Fault, ...inputs: unknown[]): Wrong[] {
  return inputs.map((input) => [field, input, fault]);
}
