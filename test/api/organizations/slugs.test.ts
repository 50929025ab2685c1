import { describe, expect, it } from "vitest";

import { createAccount, createUser, unique, statusAndBody } from "../../support/fixtures.ts";
import {
  expectCreated,
  newOrganization,
  organizationBody,
  organizationPath,
  organizationsPath,
  reserved,
  slugFormat,
  slugTaken,
} from "../../support/organizations.ts";

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
  ])("a slug of invalid form is rejected: %j", async (slug) => {
    expect(
      statusAndBody(await (await createUser()).post(organizationsPath, newOrganization({ slug }))),
    ).toMatchObject({
      status: 400,
      body: { slug: expect.arrayContaining([slugFormat]) },
    });
  });

  it("an invalid slug gets a message for every rule that it breaks", async () => {
    const owner = await createUser();
    expect(
      statusAndBody(await owner.post(organizationsPath, newOrganization({ slug: "a b".repeat(67) }))),
    ).toEqual({
      status: 400,
      body: { slug: [tooLong, slugFormat] },
    });
    expect(statusAndBody(await owner.post(organizationsPath, newOrganization({ slug: "a\0b" })))).toEqual({
      status: 400,
      body: { slug: [nul, slugFormat] },
    });
  });

  it.each(["-", "_", "-a", "a-", "__", "0", "--x--"])(
    "a slug may begin and end with any allowed character: %s [R55]",
    async (edge) => {
      const slug = `${edge}${unique()}${edge}`;
      expectCreated(await (await createUser()).post(organizationsPath, { name: "Edge", slug }), "Edge", slug);
    },
  );

  it("a slug may have up to 200 characters [R55]", async () => {
    const owner = await createUser();
    const slug = unique().padEnd(200, "x");
    expectCreated(await owner.post(organizationsPath, { name: "Long", slug }), "Long", slug);
    expect(statusAndBody(await owner.post(organizationsPath, newOrganization({ slug: `${slug}x` })))).toEqual(
      {
        status: 400,
        body: { slug: [tooLong] },
      },
    );
  });

  it("a slug is stored in lower case", async () => {
    const slug = unique("Camel");
    const owner = await createUser();
    expectCreated(
      await owner.post(organizationsPath, { name: "Camel", slug: slug.toUpperCase() }),
      "Camel",
      slug.toLowerCase(),
    );
  });

  it("a slug taken by any tenant is rejected in any case by POST, PATCH and PUT [R55]", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    const another = await createAccount(owner);
    const other = await createUser();
    for (const slug of [account.slug, account.slug.toUpperCase(), ` ${account.slug} `]) {
      expect(statusAndBody(await owner.post(organizationsPath, newOrganization({ slug })))).toEqual({
        status: 400,
        body: slugTaken,
      });
      expect(statusAndBody(await other.post(organizationsPath, newOrganization({ slug })))).toEqual({
        status: 400,
        body: slugTaken,
      });
      expect(statusAndBody(await owner.patch(organizationPath(another), { slug }))).toEqual({
        status: 400,
        body: slugTaken,
      });
      expect(statusAndBody(await owner.put(organizationPath(another), { name: "Other", slug }))).toEqual({
        status: 400,
        body: slugTaken,
      });
    }
    expect(statusAndBody(await owner.get(organizationPath(another)))).toEqual({
      status: 200,
      body: organizationBody(another),
    });
  });

  const words = (
    "account accounts admin api docs healthz invite invites login logout manage me new openapi portal readyz " +
    "root settings signup static status support system usage user users www zone zones"
  ).split(" ");

  it("a reserved word is rejected as a slug, in any case [R55]", async () => {
    const owner = await createUser();
    const account = await createAccount(owner);
    for (const word of words) {
      const slug = word.length % 2 === 0 ? word : word.toUpperCase();
      expect(statusAndBody(await owner.post(organizationsPath, newOrganization({ slug })))).toEqual({
        status: 400,
        body: reserved,
      });
    }
    expect(statusAndBody(await owner.patch(organizationPath(account), { slug: "Admin" }))).toEqual({
      status: 400,
      body: reserved,
    });
  });

  it("a slug may contain a reserved word", async () => {
    const slug = `${unique()}-admin`;
    expectCreated(await (await createUser()).post(organizationsPath, { name: "Admin", slug }), "Admin", slug);
  });

  it.each([
    { name: "with hyphens", spell: (id: string) => id },
    { name: "without hyphens", spell: (id: string) => id.replaceAll("-", "") },
    { name: "in upper case", spell: (id: string) => id.toUpperCase() },
    {
      name: "with hyphens elsewhere",
      spell: (id: string) => id.replaceAll("-", "").replaceAll(/(.{8})(?=.)/g, "$1-"),
    },
    { name: "with a hyphen behind", spell: (id: string) => `${id.replaceAll("-", "")}-` },
  ])(
    "a slug in the form of a uuid $name is rejected, because paths would be ambiguous [R55]",
    async ({ spell }) => {
      const owner = await createUser();
      const answer = await owner.post(
        organizationsPath,
        newOrganization({ slug: spell(crypto.randomUUID()) }),
      );
      expect(statusAndBody(answer)).toEqual({ status: 400, body: reserved });
    },
  );
});
