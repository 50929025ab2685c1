import { describe, expect, it } from "vitest";

import { ConfigError, documentedVariables, parseConfig, type Variables } from "../../src/config.ts";

const table = documentedVariables();

const required: Variables = {
  PUBLIC_URL: "https://accounts.example.com/",
  ISSUERS: "[]",
  INVITE_SECRET: "sixteen characters",
};

describe("parseConfig", () => {
  it("needs the required variables only, and uses the defaults for the others", () => {
    expect(parseConfig(required)).toMatchObject({
      publicUrl: "https://accounts.example.com",
      issuers: [],
      rateLimits: true,
      readReplicas: false,
      defaultPlan: "stash-trial",
      maxOwnedAccounts: undefined,
      loginManualEntryRoute: "/login/manual",
      eventWindowDays: 400,
      mailFrom: undefined,
    });
  });

  it("treats a blank variable as one that is not set", () => {
    const blank = Object.fromEntries(table.map(({ name }) => [name, " "]));
    expect(parseConfig({ ...blank, ...required })).toEqual(parseConfig(required));
  });

  it.each(table.filter(({ isRequired }) => isRequired))("names $name if it is not set", ({ name }) => {
    expect(() => parseConfig({ ...required, [name]: undefined })).toThrow(
      new ConfigError(`${name} is not set`),
    );
  });

  it.each([
    { name: "PUBLIC_URL", value: "accounts.example.com" },
    { name: "ISSUERS", value: "{" },
    { name: "OPERATORS", value: "ada" },
    { name: "CORS_ORIGINS", value: "https://app.example.com/" },
    { name: "RATE_LIMITS", value: "yes" },
    { name: "DEFAULT_PLAN", value: "gold" },
    { name: "MAX_OWNED_ACCOUNTS", value: "-1" },
    { name: "EVENT_WINDOW_DAYS", value: "0" },
    { name: "MAIL_FROM", value: "Ada" },
    { name: "SIGN_IN_URL", value: "https://app.example.com/#login" },
    { name: "INVITE_SECRET", value: "short" },
  ])("rejects $name=$value with a message that begins with the name", ({ name, value }) => {
    expect(() => parseConfig({ ...required, [name]: value })).toThrow(
      expect.objectContaining({ name: "ConfigError", message: expect.stringMatching(`^${name}\\b`) }),
    );
  });
});

describe("the table of variables", () => {
  it.each(table)("has an example and a local default of $name that are valid", (variable) => {
    for (const text of [variable.example, variable.localDefault, variable.default]) {
      if (text !== undefined) expect(() => variable.read(text)).not.toThrow();
    }
  });
});
