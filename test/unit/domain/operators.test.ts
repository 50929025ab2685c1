import { describe, expect, it } from "vitest";

import { isOperator, parseOperators } from "../../../src/domain/operators.ts";

const operators = parseOperators("Ada@Example.com, https://id.example|auth0|7\n bob@example.com");
const nobody = { issuer: "https://id.example", subject: "nobody", verifiedEmail: undefined };

describe("operators", () => {
  it("operators are separated by commas and white space", () => {
    expect([...operators.emails]).toEqual(["ada@example.com", "bob@example.com"]);
    expect([...operators.identities]).toEqual(["https://id.example|auth0|7"]);
  });

  it("operators may be an empty list", () => {
    expect(isOperator(parseOperators(""), nobody)).toBe(false);
    expect(isOperator(parseOperators(" ,\n"), { ...nobody, verifiedEmail: "" })).toBe(false);
  });

  it("operators are recognized by a verified e-mail, listed in any case and normal form", () => {
    const named = parseOperators("ADA@example.COM, jose\u0301@example.com");
    expect(isOperator(named, { ...nobody, verifiedEmail: "ada@example.com" })).toBe(true);
    expect(isOperator(named, { ...nobody, verifiedEmail: "jos\u00e9@example.com" })).toBe(true);
  });

  it("operators are not recognized by another e-mail or without one", () => {
    expect(isOperator(operators, { ...nobody, verifiedEmail: "ada@example.com.evil.example" })).toBe(false);
    expect(isOperator(operators, nobody)).toBe(false);
  });

  it("operators are recognized by issuer and subject, split at the first bar", () => {
    expect(isOperator(operators, { ...nobody, subject: "auth0|7" })).toBe(true);
    expect(isOperator(operators, { ...nobody, subject: "AUTH0|7" })).toBe(false);
    expect(isOperator(operators, { ...nobody, subject: "7" })).toBe(false);
  });

  it("operators are not recognized by the same subject of another issuer", () => {
    expect(isOperator(operators, { ...nobody, issuer: "https://evil.example", subject: "auth0|7" })).toBe(
      false,
    );
    expect(isOperator(operators, { ...nobody, issuer: "https://id.example|auth0", subject: "7" })).toBe(
      false,
    );
  });

  it("operators are not recognized by a subject equal to an operator's e-mail", () => {
    expect(isOperator(operators, { ...nobody, subject: "ada@example.com" })).toBe(false);
  });

  it.each(["root", "@", "|subject", "https://id.example|"])("operators cannot be listed as %s", (entry) => {
    expect(() => parseOperators(`ada@example.com ${entry}`)).toThrow(
      new Error("OPERATORS[1] must be an e-mail or iss|sub."),
    );
  });
});
