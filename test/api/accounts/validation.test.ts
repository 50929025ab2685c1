import { describe, expect, it } from "vitest";

import { type Caller, createAccount, createUser, unique } from "../../support/fixtures.ts";
import {
  missingField,
  notString,
  patternMismatch,
  tooLong,
  tooShort,
} from "../../support/pydantic-errors.ts";

const reserved =
  "account accounts admin api docs healthz invite invites login logout manage me new openapi portal readyz root settings signup static status support system usage user users www zone zones";

/** Returns the errors of creating an account with this body. */
async function refusalOf(body: unknown, caller?: Caller): Promise<unknown> {
  const answer = await (caller ?? (await createUser())).post("/api/v1/accounts", body);
  expect([answer.status, answer.text]).toEqual([422, answer.text]);
  expect(Object.keys(answer.body)).toEqual(["detail"]);
  return answer.body.detail;
}

describe("missing fields", () => {
  it("a missing field is reported with its parent object as input", async () => {
    expect(await refusalOf({})).toEqual([{ ...missingField, loc: ["body", "slug"], input: {} }]);
    expect(await refusalOf({ title: "Acme", more: [1] })).toEqual([
      { ...missingField, loc: ["body", "slug"], input: { title: "Acme", more: [1] } },
    ]);
  });

  it("a missing nested field is reported at its place", async () => {
    const owner = await createUser();
    const { slug } = await createAccount(owner);
    const saml = { domain: "acme.example" };
    const answer = await owner.patch(`/api/v1/account/${slug}`, { saml });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      detail: ["sso_url", "entity_id", "x509_cert"].map((field) => ({
        ...missingField,
        loc: ["body", "saml", field],
        input: saml,
      })),
    });
  });
});

it.each([5, 1.5, true, null, [], {}, ["acme"], { slug: "acme" }])(
  "a slug must be a string: %j",
  async (input) => {
    expect(await refusalOf({ slug: input })).toEqual([{ ...notString, loc: ["body", "slug"], input }]);
  },
);

it("a title must be a string; description, email and zone may be null", async () => {
  const user = await createUser();
  expect(await refusalOf({ slug: unique("a"), title: null }, user)).toEqual([
    { ...notString, loc: ["body", "title"], input: null },
  ]);
  const made = await user.post("/api/v1/accounts", {
    slug: unique("a"),
    description: null,
    email: null,
    zone: null,
  });
  expect(made.status).toBe(201);
});

describe("length", () => {
  it("slug and title may have 200 code points", async () => {
    const user = await createUser();
    const longest = unique("s").padEnd(200, "x");
    const made = await user.post("/api/v1/accounts", { slug: longest, title: "😀".repeat(200) });
    expect(made.status).toBe(201);
    expect((await user.get(`/api/v1/account/${longest}`)).body).toMatchObject({
      slug: longest,
      title: "😀".repeat(200),
    });
  });

  it("longer values are string_too_long", async () => {
    const slug = "x".repeat(201);
    const title = "😀".repeat(201);
    expect(await refusalOf({ slug, title })).toEqual(
      Object.entries({ slug, title }).map(([field, input]) => ({
        ...tooLong(200),
        loc: ["body", field],
        input,
      })),
    );
  });

  it.each(["", "\u200b", "\u00ad\u3164", " \u200d "])(
    "an empty or invisible title is string_too_short: %j",
    async (title) => {
      expect(await refusalOf({ slug: unique("a"), title })).toEqual([
        { ...tooShort, loc: ["body", "title"], input: title },
      ]);
    },
  );

  it("invisible characters of a title are not stored and do not count", async () => {
    const user = await createUser();
    const slug = unique("a");
    const visible = "x".repeat(200);
    expect((await user.post("/api/v1/accounts", { slug, title: `\u202e${visible}\u200b` })).status).toBe(201);
    expect((await user.get(`/api/v1/account/${slug}`)).body).toMatchObject({ title: visible });
    await user.patch(`/api/v1/account/${slug}`, { title: "Ac\u00adme\u2066" });
    expect((await user.get(`/api/v1/account/${slug}`)).body).toMatchObject({ title: "Acme" });
  });
});

it.each(["Acme", "a b", "acme!", "ä", "a/b", "a.b", "acme\n", "-a-%", "ＡＣＭＥ", "a\u0000b"])(
  "an invalid slug is rejected: %j",
  async (input) => {
    expect(await refusalOf({ slug: input })).toEqual([
      { ...patternMismatch("^[a-z0-9_-]+$"), loc: ["body", "slug"], input },
    ]);
  },
);

it("a reserved word and a UUID are rejected as slugs", async () => {
  const user = await createUser();
  const uuid = crypto.randomUUID();
  for (const input of [...reserved.split(" "), uuid, uuid.replaceAll("-", "")]) {
    expect(await refusalOf({ slug: input }, user)).toEqual([
      {
        type: "value_error",
        loc: ["body", "slug"],
        msg: "Value error, This slug is reserved.",
        input,
        ctx: { error: {} },
      },
    ]);
  }
});

it("renaming to a reserved word is rejected", async () => {
  const owner = await createUser();
  const { slug } = await createAccount(owner);
  for (const input of ["admin", crypto.randomUUID()]) {
    const answer = await owner.patch(`/api/v1/account/${slug}`, { slug: input });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatchObject([{ type: "value_error", loc: ["body", "slug"], input }]);
  }
});

it.each([
  { input: "nope", reason: "An email address must have an @-sign." },
  { input: "@example.com", reason: "There must be something before the @-sign." },
  { input: "ada@", reason: "There must be something after the @-sign." },
  { input: "ada@localhost", reason: "The part after the @-sign is not valid. It should have a period." },
])("an invalid e-mail address is rejected: $input", async ({ input, reason }) => {
  expect(await refusalOf({ slug: unique("a"), email: input })).toEqual([
    {
      type: "value_error",
      loc: ["body", "email"],
      msg: `value is not a valid email address: ${reason}`,
      input,
      ctx: { reason },
    },
  ]);
});

it.each([
  "a\r\nBcc: x@example.com@example.com",
  "a b@example.com",
  "a@exa mple.com",
  "a@b..com",
  '"a"@b.com',
  "a@[127.0.0.1]",
  `${"a".repeat(250)}@example.com`,
])("an unusual e-mail address is rejected: %j", async (input) => {
  expect(await refusalOf({ slug: unique("a"), email: input })).toMatchObject([
    { loc: ["body", "email"], input },
  ]);
});

it("a lone surrogate is string_unicode", async () => {
  const user = await createUser();
  for (const field of ["slug", "title", "description", "email", "zone"]) {
    const answer = await user.post("/api/v1/accounts", undefined, {
      raw: `{"slug":"${unique("a")}","${field}":"a\\ud800"}`,
      headers: { "Content-Type": "application/json" },
    });
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      detail: [
        {
          type: "string_unicode",
          loc: ["body", field],
          msg: "Input should be a valid string, unable to parse raw data as a unicode string",
          input: "a\ud800",
        },
      ],
    });
  }
});

it("control characters are rejected, except line ends and tabs in a description", async () => {
  const user = await createUser();
  for (const input of ["a\u0000b", "a\u0007b", "a\nb", "\u009f", "a\u001b[31mb"]) {
    expect(await refusalOf({ slug: unique("a"), title: input }, user)).toMatchObject([
      { type: "value_error", loc: ["body", "title"], input },
    ]);
  }
  expect(await refusalOf({ slug: unique("a"), description: "a\u0000b" }, user)).toMatchObject([
    { type: "value_error", loc: ["body", "description"] },
  ]);
  const description = "one\r\n\ttwo\n";
  const { slug } = await createAccount(user, { description });
  expect(slug).toBeDefined();
});

it("all errors are returned together in field order", async () => {
  const body = { zone: 7, email: "x", description: 5, title: "", slug: "A B" };
  const detail = await refusalOf(body);
  expect(detail).toMatchObject([
    { type: "string_pattern_mismatch", loc: ["body", "slug"], input: "A B" },
    { type: "string_too_short", loc: ["body", "title"], input: "" },
    { type: "string_type", loc: ["body", "description"], input: 5 },
    { type: "value_error", loc: ["body", "email"], input: "x" },
    { type: "string_type", loc: ["body", "zone"], input: 7 },
  ]);
});

it("all errors are returned together when modifying", async () => {
  const owner = await createUser();
  const { slug } = await createAccount(owner);
  const saml = { entity_id: "", sso_url: 5, x509_cert: "no" };
  const answer = await owner.patch(`/api/v1/account/${slug}`, { slug: "", saml, title: 1, description: [] });
  expect(answer.status).toBe(422);
  expect(answer.body.detail).toMatchObject([
    { type: "string_type", loc: ["body", "title"], input: 1 },
    { type: "string_type", loc: ["body", "description"], input: [] },
    { type: "missing", loc: ["body", "saml", "domain"], input: saml },
    { type: "string_type", loc: ["body", "saml", "sso_url"], input: 5 },
    { type: "string_too_short", loc: ["body", "saml", "entity_id"], input: "" },
    { type: "value_error", loc: ["body", "saml", "x509_cert"], input: "no" },
    { loc: ["body", "slug"], input: "" },
  ]);
});
