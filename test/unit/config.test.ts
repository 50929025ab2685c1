import { describe, expect, it } from "vitest";

import { ConfigError, documentedVariables, parseConfig, type Variables } from "../../src/config.ts";

const table = documentedVariables();

const required: Variables = {
  PUBLIC_URL: "https://accounts.example.com/",
  ISSUERS: "[]",
  INVITE_SECRET: "q8Ck2bW5xLr0tYv7Zn4Jd1Hs9Gf3Ae6Pm+Uo/RiTyXk=",
};

describe("parseConfig", () => {
  it("parseConfig needs the required variables only, and uses the defaults for the others", () => {
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

  it.each(table.filter(({ isRequired }) => isRequired))(
    "parseConfig names $name if it is not set",
    ({ name }) => {
      expect(() => parseConfig({ ...required, [name]: undefined })).toThrow(
        new ConfigError(`${name} is not set`),
      );
    },
  );

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
    // 42 characters; 15 different ones.
    { name: "INVITE_SECRET", value: "q8Ck2bW5xLr0tYv7Zn4Jd1Hs9Gf3Ae6Pm+Uo/RiTyX" },
    { name: "INVITE_SECRET", value: "abcdefghijklmno".repeat(4) },
    { name: "PUBLIC_URL", value: "http://accounts.example.com" },
    { name: "PUBLIC_URL", value: "http://localhost.example.com" },
    { name: "PUBLIC_URL", value: "http://notlocalhost" },
    { name: "PUBLIC_URL", value: "ftp://localhost" },
    { name: "PUBLIC_URL", value: "https://example.com/accounts" },
    { name: "PUBLIC_URL", value: "https://example.com//" },
    { name: "PUBLIC_URL", value: "https://example.com/?x=1" },
    { name: "PUBLIC_URL", value: "https://example.com/#x" },
    { name: "PUBLIC_URL", value: "https://ada:secret@example.com" },
    { name: "SIGN_IN_URL", value: "http://app.example.com/login" },
    { name: "SIGN_IN_URL", value: "javascript:alert(1)" },
  ])("parseConfig rejects $name=$value with a message that begins with the name", ({ name, value }) => {
    expect(() => parseConfig({ ...required, [name]: value })).toThrow(
      expect.objectContaining({ name: "ConfigError", message: expect.stringMatching(`^${name}\\b`) }),
    );
  });
});

describe("PUBLIC_URL and SIGN_IN_URL", () => {
  it.each(["localhost:8787", "roster.localhost:8787", "127.0.0.1:8787", "[::1]:8787"])(
    "PUBLIC_URL and SIGN_IN_URL may be http at %s",
    (host) => {
      const local = { ...required, PUBLIC_URL: `http://${host}/`, SIGN_IN_URL: `http://${host}/login` };
      expect(parseConfig(local)).toMatchObject({
        publicUrl: `http://${host}`,
        signInUrl: `http://${host}/login`,
      });
    },
  );
});

describe("INVITE_SECRET", () => {
  it("INVITE_SECRET accepts 32 random bytes in base64 and base64url", () => {
    for (let run = 0; run < 1000; run += 1) {
      const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
      for (const INVITE_SECRET of [bytes.toString("base64"), bytes.toString("base64url")]) {
        expect(parseConfig({ ...required, INVITE_SECRET }).inviteSecret).toBe(INVITE_SECRET);
      }
    }
  });
});

describe("the table of variables", () => {
  it.each(table)(
    "the table of variables has an example and a local default of $name that are valid",
    (variable) => {
      // The example of a secret is the command that creates one: nobody may use a published secret.
      const example = variable.type === "secret" ? undefined : variable.example;
      for (const text of [example, variable.localDefault, variable.default]) {
        if (text !== undefined) expect(() => variable.read(text)).not.toThrow();
      }
    },
  );
});
