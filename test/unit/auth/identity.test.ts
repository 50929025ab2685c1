/** The names in a token: how they are read from its claims and split into first and last name. */
import * as fc from "fast-check";
import type { JWTPayload } from "jose";
import { beforeAll, describe, expect, it } from "vitest";

import { readIdentity } from "../../../src/auth/identity.ts";
import { fullNameLength, joinName, nameLength, readNames } from "../../../src/domain/user.ts";
import { createIssuer, createSigningKey, noonSeconds } from "../../support/signing.ts";

let issuer: ReturnType<typeof createIssuer>;
beforeAll(async () => {
  issuer = createIssuer([await createSigningKey()]);
});

function identityWith(claims: JWTPayload) {
  return readIdentity(issuer, { sub: "ada", exp: noonSeconds + 60, ...claims }, noonSeconds);
}

describe("a name in a token", () => {
  it.each([
    { written: " Ada \t King\r\nLovelace\u00a0", read: "Ada King Lovelace" },
    { written: "Ada\u0085Lovelace\u2028", read: "Ada Lovelace" },
    { written: "A\u0000d\u0007a\u009b", read: "Ada" },
    { written: "Ada \u200b\u0007 Lovelace", read: "Ada Lovelace" },
    { written: "Zoe\u0308", read: "Zo\u00eb" },
    { written: "a\ud800b", read: "ab" },
    { written: "\u202eadA\u202c", read: "adA" },
    { written: "x".repeat(1000), read: "x".repeat(fullNameLength) },
    { written: `${"x".repeat(fullNameLength - 1)} y`, read: "x".repeat(fullNameLength - 1) },
    { written: "\u{1f600}".repeat(1000), read: "\u{1f600}".repeat(fullNameLength) },
  ])("a name in a token is normalized and cut: $written", ({ written, read }) => {
    const { name, username } = identityWith({ name: written, preferred_username: written });
    expect([name, username]).toEqual([read, read]);
  });

  it.each([1, "", " \t\n", null, {}, ["Ada"], "\u0000", "\ud800", "\u200b", "\u00ad\u3164 \u200d"])(
    "a name in a token is ignored if it is no text or shows nothing: %j",
    (text) => {
      const claims = { name: text, given_name: text, family_name: text, preferred_username: text };
      const { name, givenName, familyName, username } = identityWith(claims);
      expect([name, givenName, familyName, username]).toEqual([undefined, undefined, undefined, undefined]);
    },
  );
});

describe("the first and last name of a token", () => {
  const long = "x".repeat(nameLength + 10);

  it.each([
    { claims: { name: "Jane Example", given_name: "Jane Example" }, first: "Jane", last: "Example" },
    { claims: { name: "Jane Example", family_name: "Jane Example" }, first: "Jane", last: "Example" },
    {
      claims: { name: "Ana Sofía Ruiz", given_name: "Ana Sofía", family_name: "Ruiz" },
      first: "Ana Sofía",
      last: "Ruiz",
    },
    {
      claims: { name: "Ana\tSofía  Ruiz", given_name: " Ana\nSofía", family_name: "Ruiz" },
      first: "Ana Sofía",
      last: "Ruiz",
    },
    {
      claims: { name: "The Countess", given_name: "Ada", family_name: "King" },
      first: "The",
      last: "Countess",
    },
    { claims: { name: "King Ada", given_name: "Ada", family_name: "King" }, first: "King", last: "Ada" },
    {
      claims: { name: "\u5c71\u7530\u592a\u90ce", given_name: "\u592a\u90ce", family_name: "\u5c71\u7530" },
      first: "\u5c71\u7530\u592a\u90ce",
      last: "",
    },
    { claims: { given_name: "Ada" }, first: "Ada", last: "" },
    { claims: { family_name: "Lovelace" }, first: "", last: "Lovelace" },
    { claims: { given_name: "Ada", family_name: "\u200b" }, first: "Ada", last: "" },
    { claims: { name: `${long} King` }, first: "x".repeat(nameLength), last: "" },
    { claims: { name: `Ada ${long}` }, first: "Ada", last: "x".repeat(nameLength) },
  ])("the first and last name of a token read like its full name: $claims", ({ claims, first, last }) => {
    const { firstName = "", lastName = "" } = readNames(identityWith(claims));
    expect({ firstName, lastName }).toEqual({ firstName: first, lastName: last });
  });

  /** Words, white space, invisible and control characters, short and long. */
  const claim = fc.option(
    fc.oneof(
      fc
        .array(
          fc.oneof(
            fc.constantFrom(
              "Ada",
              "King",
              " ",
              "  ",
              "\t",
              "\r\n",
              "\u0085",
              "\u200b",
              "\u202e",
              "\u0000",
              long,
            ),
            fc.string({ unit: "binary", maxLength: 5 }),
          ),
          { maxLength: 6 },
        )
        .map((parts) => parts.join("")),
      fc.string({ unit: "grapheme", maxLength: 400 }),
    ),
    { nil: undefined },
  );
  const unrelated = fc.record({ name: claim, given_name: claim, family_name: claim });
  const related = fc.tuple(claim, claim).map(([given = "", family = ""]) => ({
    name: `${given} ${family}`,
    given_name: given,
    family_name: family,
  }));

  it("joined are the name of the token, for any claims", () => {
    fc.assert(
      fc.property(fc.oneof(unrelated, related), (claims) => {
        const identity = identityWith(claims);
        const { firstName = "", lastName = "" } = readNames(identity);
        const shown = joinName(firstName, lastName);
        for (const part of [firstName, lastName]) expect([...part].length).toBeLessThanOrEqual(nameLength);
        if (identity.name === undefined) return;
        // A name is cut only if a part of it is too long for its column.
        expect(shown).not.toBe("");
        expect(identity.name.startsWith(shown)).toBe(true);
        const [first = "", ...rest] = identity.name.split(" ");
        const fits = [first, rest.join(" ")].every((part) => [...part].length <= nameLength);
        if (fits) expect(shown).toBe(identity.name);
      }),
      { numRuns: 2000 },
    );
  });

  it("the first and last name of a token are unchanged when the stored names are read again", () => {
    fc.assert(
      fc.property(unrelated, (claims) => {
        const { firstName = "", lastName = "" } = readNames(identityWith(claims));
        const again = identityWith({ given_name: firstName, family_name: lastName });
        expect([again.givenName ?? "", again.familyName ?? ""]).toEqual([firstName, lastName]);
      }),
      { numRuns: 500 },
    );
  });
});
