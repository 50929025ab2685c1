import { describe, expect, it } from "vitest";

import { makeAccount, someone, unique } from "../world.ts";
import { answered, expectMade, fresh, list, one, reserved, shown, slugForm, slugTaken } from "./requests.ts";

const tooLong = "Ensure this field has no more than 200 characters.";
const nul = "Null characters are not allowed.";

describe("a slug", () => {
  it.each([
    "a b",
    "a.b",
    "a/b",
    "caf\u00e9",
    "\u0430cme",
    "a\u200db",
    "%41",
    "a,b",
    "\u{1f600}",
    "@me",
    "a\nb",
  ])("is refused for its form: %j", async (slug) => {
    expect(answered(await (await someone()).post(list, fresh({ slug })))).toMatchObject({
      status: 400,
      body: { slug: expect.arrayContaining([slugForm]) },
    });
  });

  it("tells every rule it breaks", async () => {
    const owner = await someone();
    expect(answered(await owner.post(list, fresh({ slug: "a b".repeat(67) })))).toEqual({
      status: 400,
      body: { slug: [tooLong, slugForm] },
    });
    expect(answered(await owner.post(list, fresh({ slug: "a\0b" })))).toEqual({
      status: 400,
      body: { slug: [nul, slugForm] },
    });
  });

  it.each(["-", "_", "-a", "a-", "__", "0", "--x--"])(
    "may begin and end with anything of its form: %s [R55]",
    async (edge) => {
      const slug = `${edge}${unique()}${edge}`;
      expectMade(await (await someone()).post(list, { name: "Edge", slug }), "Edge", slug);
    },
  );

  it("may be 200 characters long and no longer [R55]", async () => {
    const owner = await someone();
    const slug = unique().padEnd(200, "x");
    expectMade(await owner.post(list, { name: "Long", slug }), "Long", slug);
    expect(answered(await owner.post(list, fresh({ slug: `${slug}x` })))).toEqual({
      status: 400,
      body: { slug: [tooLong] },
    });
  });

  it("is stored in lower case", async () => {
    const slug = unique("Camel");
    const owner = await someone();
    expectMade(
      await owner.post(list, { name: "Camel", slug: slug.toUpperCase() }),
      "Camel",
      slug.toLowerCase(),
    );
  });

  it("is taken whoever has it, in any case [R55]", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    const another = await makeAccount(owner);
    const stranger = await someone();
    for (const slug of [account.slug, account.slug.toUpperCase(), ` ${account.slug} `]) {
      expect(answered(await owner.post(list, fresh({ slug })))).toEqual({ status: 400, body: slugTaken });
      expect(answered(await stranger.post(list, fresh({ slug })))).toEqual({ status: 400, body: slugTaken });
      expect(answered(await owner.patch(one(another), { slug }))).toEqual({ status: 400, body: slugTaken });
      expect(answered(await owner.put(one(another), { name: "Other", slug }))).toEqual({
        status: 400,
        body: slugTaken,
      });
    }
    expect(answered(await owner.get(one(another)))).toEqual({ status: 200, body: shown(another) });
  });

  const words = (
    "account accounts admin api docs healthz invite invites login logout manage me new openapi portal readyz " +
    "root settings signup static status support system usage user users www zone zones"
  ).split(" ");

  it("may not be a reserved word, in any case [R55]", async () => {
    const owner = await someone();
    const account = await makeAccount(owner);
    for (const word of words) {
      const slug = word.length % 2 === 0 ? word : word.toUpperCase();
      expect(answered(await owner.post(list, fresh({ slug })))).toEqual({ status: 400, body: reserved });
    }
    expect(answered(await owner.patch(one(account), { slug: "Admin" }))).toEqual({
      status: 400,
      body: reserved,
    });
  });

  it("may hold a reserved word", async () => {
    const slug = `${unique()}-admin`;
    expectMade(await (await someone()).post(list, { name: "Admin", slug }), "Admin", slug);
  });

  it.each([
    ["with hyphens", (id: string) => id],
    ["without hyphens", (id: string) => id.replaceAll("-", "")],
    ["in upper case", (id: string) => id.toUpperCase()],
    ["with hyphens elsewhere", (id: string) => id.replaceAll("-", "").replaceAll(/(.{8})(?=.)/g, "$1-")],
    ["with a hyphen behind", (id: string) => `${id.replaceAll("-", "")}-`],
  ])("may not have a uuid's form %s, or a path could mean either [R55]", async (_, spell) => {
    const owner = await someone();
    const answer = await owner.post(list, fresh({ slug: spell(crypto.randomUUID()) }));
    expect(answered(answer)).toEqual({ status: 400, body: reserved });
  });
});
