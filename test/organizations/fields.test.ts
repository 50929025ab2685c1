import { describe, expect, it } from "vitest";

import { makeAccount, someone, unique } from "../world.ts";
import { answered, expectMade, fresh, list, one, required, shown, slugForm } from "./requests.ts";

const blank = "This field may not be blank.";
const none = "This field may not be null.";
const invalid = "Not a valid string.";
const tooLong = "Ensure this field has no more than 200 characters.";
const nul = "Null characters are not allowed.";
const control = "Control characters are not allowed.";

describe("name and slug", () => {
  it.each([
    ["left out", undefined, required],
    ["null", null, none],
    ["empty", "", blank],
    ["spaces alone", " \t\n ", blank],
    ["a list", ["a"], invalid],
    ["an empty list", [], invalid],
    ["an object", { a: 1 }, invalid],
    ["true", true, invalid],
    ["false", false, invalid],
  ])("%s are refused", async (_, value, sentence) => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const refused = { status: 400, body: { name: [sentence], slug: [sentence] } };
    expect(answered(await owner.post(list, { name: value, slug: value }))).toEqual(refused);
    expect(answered(await owner.put(one(account), { name: value, slug: value }))).toEqual(refused);
    if (value !== undefined) {
      expect(answered(await owner.patch(one(account), { name: value }))).toEqual({
        status: 400,
        body: { name: [sentence] },
      });
      expect(answered(await owner.patch(one(account), { slug: value }))).toEqual({
        status: 400,
        body: { slug: [sentence] },
      });
    }
    expect(answered(await owner.get(one(account)))).toEqual({ status: 200, body: shown(account) });
  });

  it("are read as text when they are numbers", async () => {
    const owner = await someone();
    const slug = Math.floor(Math.random() * 2 ** 50);
    expectMade(await owner.post(list, { name: 1.5, slug }), "1.5", String(slug));
    const again = Math.floor(Math.random() * 2 ** 50);
    expectMade(await owner.post(list, { name: 0, slug: again }), "0", String(again));
  });

  it("are trimmed", async () => {
    const owner = await someone();
    const slug = unique();
    expectMade(await owner.post(list, { name: "  Acme \u00a0\n", slug: `\t ${slug} ` }), "Acme", slug);
  });

  it("that are both wrong are told together, the other way round too", async () => {
    const owner = await someone();
    expect(answered(await owner.post(list, { slug: "a b", name: null }))).toEqual({
      status: 400,
      body: { name: [none], slug: [slugForm] },
    });
  });

  it.each([
    ["Latin", "a"],
    ["emoji", "\u{1f600}"],
    ["combining marks that have no composed form", "\u0301"],
  ])("may be 200 code points long and no longer: %s", async (_, character) => {
    const owner = await someone();
    const slug = unique();
    expectMade(await owner.post(list, { name: character.repeat(200), slug }), character.repeat(200), slug);
    expect(answered(await owner.post(list, fresh({ name: character.repeat(201) })))).toEqual({
      status: 400,
      body: { name: [tooLong] },
    });
  });

  it("are measured without the spaces around them", async () => {
    const owner = await someone();
    const slug = unique();
    expectMade(await owner.post(list, { name: ` ${"a".repeat(200)} `, slug }), "a".repeat(200), slug);
  });
});

describe("a name", () => {
  it("is kept in normal form C [R56]", async () => {
    const slug = unique();
    expectMade(await (await someone()).post(list, { name: "Cafe\u0301", slug }), "Caf\u00e9", slug);
  });

  it("that was accepted is accepted again as it is answered", async () => {
    const owner = await someone();
    // A letter that normal form C writes as two, so the text grows as it is stored.
    const grows = "\u0958".repeat(200);
    for (const name of [grows, "e\u0301".repeat(100), "\u{1f600}".repeat(200)]) {
      const made = await owner.post(list, fresh({ name }));
      if (made.status === 400) {
        expect(made.body).toEqual({ name: [tooLong] });
        continue;
      }
      expect([...made.body.name].length).toBeLessThanOrEqual(200);
      const again = await owner.put(`${list}${made.body.uuid}/`, {
        name: made.body.name,
        slug: made.body.slug,
      });
      expect(answered(again)).toEqual({ status: 200, body: made.body });
    }
  });

  it.each([
    ["NUL", "a\0b", nul],
    ["a line end", "a\nb", control],
    ["a tab", "a\tb", control],
    ["ESC", "a\u001bb", control],
    ["DEL", "a\u007fb", control],
    ["NEL", "a\u0085b", control],
  ])("holds no %s [R56]", async (_, name, sentence) => {
    expect(answered(await (await someone()).post(list, fresh({ name })))).toEqual({
      status: 400,
      body: { name: [sentence] },
    });
  });

  it.each([
    ["high", "\\ud800", "U+D800"],
    ["low", "\\uDFFF", "U+DFFF"],
    ["low before high", "\\udc00\\ud800", "U+DC00"],
  ])("holds no half of a surrogate pair: %s", async (_, escape, code) => {
    const owner = await someone();
    const answer = await owner.post(list, {}, { raw: `{"name": "a${escape}b", "slug": "${unique()}"}` });
    expect(answered(answer)).toEqual({
      status: 400,
      body: { name: [`Surrogate characters are not allowed: ${code}.`] },
    });
  });

  it("may hold a surrogate pair written as two escapes", async () => {
    const slug = unique();
    const owner = await someone();
    const answer = await owner.post(list, {}, { raw: `{"name": "\\ud83d\\ude00", "slug": "${slug}"}` });
    expectMade(answer, "\u{1f600}", slug);
  });

  it("may be another organization's", async () => {
    const owner = await someone();
    for (const slug of [unique(), unique()])
      expectMade(await owner.post(list, { name: "Same", slug }), "Same", slug);
  });
});

describe("what else a body holds", () => {
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

  it("is ignored on creation [R7]", async () => {
    const slug = unique();
    const owner = await someone();
    const answer = await owner.post(list, { name: "Acme", slug, ...extra });
    expectMade(answer, "Acme", slug);
    expect(answer.body.uuid).not.toBe(extra.uuid);
  });

  it("is ignored in a change [R7]", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    expect(answered(await owner.patch(one(account), extra))).toEqual({ status: 200, body: shown(account) });
    expect(
      answered(await owner.put(one(account), { name: account.title, slug: account.slug, ...extra })),
    ).toEqual({
      status: 200,
      body: shown(account),
    });
  });

  it("is no prototype [R8]", async () => {
    const owner = await someone();
    const slug = unique();
    const polluting = `{"__proto__": {"name": "Evil", "slug": "${slug}"}`;
    expect(answered(await owner.post(list, {}, { raw: `${polluting}}` }))).toEqual({
      status: 400,
      body: { name: [required], slug: [required] },
    });
    expectMade(
      await owner.post(
        list,
        {},
        { raw: `${polluting}, "constructor": null, "name": "Good", "slug": "${slug}"}` },
      ),
      "Good",
      slug,
    );
  });

  it("counts last where a key is given twice [R8]", async () => {
    const owner = await someone();
    const slug = unique();
    const answer = await owner.post(
      list,
      {},
      { raw: `{"name": null, "name": "Last", "slug": "x y", "slug": "${slug}"}` },
    );
    expectMade(answer, "Last", slug);
  });
});
