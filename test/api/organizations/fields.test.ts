import { describe, expect, it } from "vitest";

import { createAccount, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  expectCreated,
  newOrganization,
  organizationBody,
  organizationPath,
  organizationsPath,
  required,
  slugFormat,
} from "../../support/organizations.ts";

const blank = "This field may not be blank.";
const none = "This field may not be null.";
const invalid = "Not a valid string.";
const tooLong = "Ensure this field has no more than 200 characters.";
const nul = "Null characters are not allowed.";
const control = "Control characters are not allowed.";

describe("name and slug", () => {
  it.each([
    { name: "left out", value: undefined, sentence: required },
    { name: "null", value: null, sentence: none },
    { name: "empty", value: "", sentence: blank },
    { name: "spaces alone", value: " \t\n ", sentence: blank },
    { name: "a list", value: ["a"], sentence: invalid },
    { name: "an empty list", value: [], sentence: invalid },
    { name: "an object", value: { a: 1 }, sentence: invalid },
    { name: "true", value: true, sentence: invalid },
    { name: "false", value: false, sentence: invalid },
  ])("invalid values are rejected: $name", async ({ value, sentence }) => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const refused = { status: 400, body: { name: [sentence], slug: [sentence] } };
    expect(statusAndBody(await owner.post(organizationsPath, { name: value, slug: value }))).toEqual(refused);
    expect(statusAndBody(await owner.put(organizationPath(account), { name: value, slug: value }))).toEqual(
      refused,
    );
    if (value !== undefined) {
      expect(statusAndBody(await owner.patch(organizationPath(account), { name: value }))).toEqual({
        status: 400,
        body: { name: [sentence] },
      });
      expect(statusAndBody(await owner.patch(organizationPath(account), { slug: value }))).toEqual({
        status: 400,
        body: { slug: [sentence] },
      });
    }
    expect(statusAndBody(await owner.get(organizationPath(account)))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
  });

  it("numbers are read as text", async () => {
    const owner = await createUser();
    const slug = Math.floor(Math.random() * 2 ** 50);
    expectCreated(await owner.post(organizationsPath, { name: 1.5, slug }), "1.5", String(slug));
    const again = Math.floor(Math.random() * 2 ** 50);
    expectCreated(await owner.post(organizationsPath, { name: 0, slug: again }), "0", String(again));
  });

  it("name and slug are trimmed", async () => {
    const owner = await createUser();
    const slug = unique();
    expectCreated(
      await owner.post(organizationsPath, { name: "  Acme \u00a0\n", slug: `\t ${slug} ` }),
      "Acme",
      slug,
    );
  });

  it("errors of both fields are returned together, in the order of the fields", async () => {
    const owner = await createUser();
    expect(statusAndBody(await owner.post(organizationsPath, { slug: "a b", name: null }))).toEqual({
      status: 400,
      body: { name: [none], slug: [slugFormat] },
    });
  });

  it.each([
    { name: "Latin", character: "a" },
    { name: "emoji", character: "\u{1f600}" },
    { name: "combining marks that have no composed form", character: "\u0301" },
  ])("the maximum length is 200 code points: $name", async ({ character }) => {
    const owner = await createUser();
    const slug = unique();
    expectCreated(
      await owner.post(organizationsPath, { name: character.repeat(200), slug }),
      character.repeat(200),
      slug,
    );
    expect(
      statusAndBody(await owner.post(organizationsPath, newOrganization({ name: character.repeat(201) }))),
    ).toEqual({
      status: 400,
      body: { name: [tooLong] },
    });
  });

  it("surrounding spaces do not count toward the length", async () => {
    const owner = await createUser();
    const slug = unique();
    expectCreated(
      await owner.post(organizationsPath, { name: ` ${"a".repeat(200)} `, slug }),
      "a".repeat(200),
      slug,
    );
  });
});

describe("a name", () => {
  it("a name is stored in Unicode normal form C [R56]", async () => {
    const slug = unique();
    expectCreated(
      await (await createUser()).post(organizationsPath, { name: "Cafe\u0301", slug }),
      "Caf\u00e9",
      slug,
    );
  });

  it("a name that was returned is accepted unchanged", async () => {
    const owner = await createUser();
    // Normal form C writes this letter as two code points, so the text grows when stored.
    const grows = "\u0958".repeat(200);
    for (const name of [grows, "e\u0301".repeat(100), "\u{1f600}".repeat(200)]) {
      const made = await owner.post(organizationsPath, newOrganization({ name }));
      if (made.status === 400) {
        expect(made.body).toEqual({ name: [tooLong] });
        continue;
      }
      expect([...made.body.name].length).toBeLessThanOrEqual(200);
      const again = await owner.put(`${organizationsPath}${made.body.uuid}/`, {
        name: made.body.name,
        slug: made.body.slug,
      });
      expect(statusAndBody(again)).toEqual({ status: 200, body: made.body });
    }
  });

  it.each([
    { label: "NUL", name: "a\0b", sentence: nul },
    { label: "a line end", name: "a\nb", sentence: control },
    { label: "a tab", name: "a\tb", sentence: control },
    { label: "ESC", name: "a\u001bb", sentence: control },
    { label: "DEL", name: "a\u007fb", sentence: control },
    { label: "NEL", name: "a\u0085b", sentence: control },
  ])("a name cannot contain $label [R56]", async ({ name, sentence }) => {
    expect(
      statusAndBody(await (await createUser()).post(organizationsPath, newOrganization({ name }))),
    ).toEqual({
      status: 400,
      body: { name: [sentence] },
    });
  });

  it.each([
    { name: "high", escape: "\\ud800", code: "U+D800" },
    { name: "low", escape: "\\uDFFF", code: "U+DFFF" },
    { name: "low before high", escape: "\\udc00\\ud800", code: "U+DC00" },
  ])("a name cannot contain a lone surrogate: $name", async ({ escape, code }) => {
    const owner = await createUser();
    const answer = await owner.post(
      organizationsPath,
      {},
      { raw: `{"name": "a${escape}b", "slug": "${unique()}"}` },
    );
    expect(statusAndBody(answer)).toEqual({
      status: 400,
      body: { name: [`Surrogate characters are not allowed: ${code}.`] },
    });
  });

  it("a surrogate pair written as two escapes is accepted", async () => {
    const slug = unique();
    const owner = await createUser();
    const answer = await owner.post(
      organizationsPath,
      {},
      { raw: `{"name": "\\ud83d\\ude00", "slug": "${slug}"}` },
    );
    expectCreated(answer, "\u{1f600}", slug);
  });

  it.each(["\u200b", "\u00ad", "\u3164", " \u2060\ufeff ", "\u200d", "\u202e\u202c"])(
    "a name of invisible characters is blank: %j",
    async (name) => {
      const owner = await createUser();
      const account = await createAccount(owner);
      const refused = { status: 400, body: { name: [blank] } };
      const made = await owner.post(organizationsPath, newOrganization({ name }));
      expect(statusAndBody(made)).toEqual(refused);
      expect(statusAndBody(await owner.patch(organizationPath(account), { name }))).toEqual(refused);
    },
  );

  it("invisible characters are removed from a name, and it is found with them", async () => {
    const owner = await createUser();
    const [slug, word] = [unique(), unique("acme")];
    const name = `\u202e${word}\u202c \u{1f469}\u200d\u{1f467}\u200b`;
    const shown = `${word} \u{1f469}\u200d\u{1f467}`;
    expectCreated(await owner.post(organizationsPath, { name, slug }), shown, slug);
    for (const filter of [name, shown]) {
      const { body } = await owner.get(`${organizationsPath}?name=${encodeURIComponent(filter)}`);
      expect(body).toMatchObject({ count: 1, results: [{ slug }] });
    }
  });

  it("two organizations may have the same name", async () => {
    const owner = await createUser();
    for (const slug of [unique(), unique()])
      expectCreated(await owner.post(organizationsPath, { name: "Same", slug }), "Same", slug);
  });
});

describe("other keys of a body", () => {
  const extra = {
    uuid: "4b5c21f3-0d2f-4c58-9d0b-6b2f1f9d7a55",
    id: 1,
    account_portal_url: "https://evil.example/",
    created: "2020-01-01",
    type: "v3enterprise",
    blocking_state: "manager",
    title: "Not the name",
    constructor: { prototype: { name: "x" } },
    unknown: [null],
  };

  it("unknown and read-only keys are ignored on creation [R7]", async () => {
    const slug = unique();
    const owner = await createUser();
    const answer = await owner.post(organizationsPath, { name: "Acme", slug, ...extra });
    expectCreated(answer, "Acme", slug);
    expect(answer.body.uuid).not.toBe(extra.uuid);
  });

  it("unknown and read-only keys are ignored in a change [R7]", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    expect(statusAndBody(await owner.patch(organizationPath(account), extra))).toEqual({
      status: 200,
      body: organizationBody(account),
    });
    expect(
      statusAndBody(
        await owner.put(organizationPath(account), { name: account.title, slug: account.slug, ...extra }),
      ),
    ).toEqual({
      status: 200,
      body: organizationBody(account),
    });
  });

  it("a key named __proto__ changes no prototype [R8]", async () => {
    const owner = await createUser();
    const slug = unique();
    const polluting = `{"__proto__": {"name": "Evil", "slug": "${slug}"}`;
    expect(statusAndBody(await owner.post(organizationsPath, {}, { raw: `${polluting}}` }))).toEqual({
      status: 400,
      body: { name: [required], slug: [required] },
    });
    expectCreated(
      await owner.post(
        organizationsPath,
        {},
        { raw: `${polluting}, "constructor": null, "name": "Good", "slug": "${slug}"}` },
      ),
      "Good",
      slug,
    );
  });

  it("the last of two equal keys counts [R8]", async () => {
    const owner = await createUser();
    const slug = unique();
    const answer = await owner.post(
      organizationsPath,
      {},
      { raw: `{"name": null, "name": "Last", "slug": "x y", "slug": "${slug}"}` },
    );
    expectCreated(answer, "Last", slug);
  });
});
