import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { validateEmail } from "../../../src/domain/email.ts";
import {
  countCodePoints,
  normalizeName,
  normalizeNameLine,
  normalizeText,
  searchKey,
  validateText,
} from "../../../src/domain/text.ts";
import {
  emailLength,
  joinName,
  languageFromLocale,
  normalizeEmail,
  splitName,
} from "../../../src/domain/user.ts";

const anyText = fc.string({ unit: "binary" }).map((text) => text.toWellFormed());

describe("normal forms", () => {
  it("normal forms are idempotent", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(normalizeText(normalizeText(text))).toBe(normalizeText(text));
        expect(normalizeName(normalizeName(text))).toBe(normalizeName(text));
        expect(normalizeNameLine(normalizeNameLine(text))).toBe(normalizeNameLine(text));
        expect(searchKey(searchKey(text))).toBe(searchKey(text));
        expect(normalizeEmail(normalizeEmail(text))).toBe(normalizeEmail(text));
      }),
      { numRuns: 500 },
    );
  });

  it("normal forms are equal for canonically equivalent texts", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(normalizeText(text.normalize("NFD"))).toBe(normalizeText(text));
        expect(normalizeName(text.normalize("NFD"))).toBe(normalizeName(text));
        expect(searchKey(text.normalize("NFD"))).toBe(searchKey(text));
        expect(normalizeEmail(` ${text.normalize("NFD")}\t`)).toBe(normalizeEmail(text));
      }),
      { numRuns: 500 },
    );
  });

  it("normal forms of an e-mail address are trimmed and in lower case [R25]", () => {
    expect(normalizeEmail("  Jose\u0301@Example.COM\n")).toBe("jos\u00e9@example.com");
  });

  it("normal forms for a search have one i, with or without a dot", () => {
    for (const city of ["İstanbul", "ISTANBUL", "ıstanbul", "i\u0307stanbul", "I\u0307\u0307STANBUL"]) {
      expect(searchKey(city)).toBe("istanbul");
    }
    expect(searchKey("\u0130\u0301")).toBe("\u00ed");
  });

  it("normal forms keep compatible characters apart [R25]", () => {
    expect(searchKey("\ufb01")).toBe("\ufb01");
    expect(normalizeText("\u2460")).toBe("\u2460");
  });
});

describe("a name or title", () => {
  /** First and last of each range of characters that show nothing. */
  const ranges = [
    [0xad, 0xad],
    [0x34f, 0x34f],
    [0x61c, 0x61c],
    [0x115f, 0x1160],
    [0x17b4, 0x17b5],
    [0x180e, 0x180e],
    [0x200b, 0x200b],
    [0x200e, 0x200f],
    [0x202a, 0x202e],
    [0x2060, 0x206f],
    [0x3164, 0x3164],
    [0xfeff, 0xfeff],
    [0xffa0, 0xffa0],
    [0xfff9, 0xfffb],
    [0xe0001, 0xe007f],
  ] as const;
  const invisible = ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index)),
  );

  it("a name or title has no invisible character and no direction control", () => {
    for (const character of invisible) {
      const code = character.codePointAt(0)?.toString(16);
      expect([code, normalizeName(`${character}A${character}b ${character}`)]).toEqual([code, "Ab"]);
      expect([code, normalizeName(character)]).toEqual([code, ""]);
    }
    expect(normalizeName(invisible.join(" "))).toBe("");
    expect(normalizeName("e\u200b\u0301")).toBe("\u00e9");
  });

  it.each(["", " ", "\u200d", "\u200c \u200d", "\ufe0f", "\u2800", "\u180b\u3000", "\u{e0100}"])(
    "a name or title is empty if nothing in it is visible: %j",
    (text) => {
      expect(normalizeName(text)).toBe("");
    },
  );

  it.each([
    "\u{1f469}\u200d\u{1f469}\u200d\u{1f467} family",
    "\u2764\ufe0f",
    "\u{1f1e8}\u{1f1ed}",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0d28\u0d4d\u200d",
    "\u845b\u{e0100}",
    "\u05e9\u05dc\u05d5\u05dd Acme",
    "\ud55c\uad6d",
    "O'Neill & S\u00f6hne <1>",
  ])("a name or title keeps what scripts and emoji need: %s", (text) => {
    expect(normalizeName(text)).toBe(text);
  });

  it("a name or title keeps what makes it invalid, so that it is rejected", () => {
    for (const text of ["a\0b", "a\u0007b", "a\ud800b"]) {
      expect(validateText(normalizeName(text))).toEqual(validateText(text));
    }
  });
});

describe("the length of a text", () => {
  it("the length of a text is counted in code points", () => {
    expect(countCodePoints("")).toBe(0);
    expect(countCodePoints("a\u{1f600}e\u0301")).toBe(4);
    fc.assert(
      fc.property(anyText, (text) => {
        expect(countCodePoints(text)).toBe([...text].length);
      }),
    );
  });
});

describe("a text that cannot be stored", () => {
  it.each([
    { text: "", error: undefined },
    { text: "Caf\u00e9 \u{1f600} \u200d \u202e", error: undefined },
    { text: "a\0b", error: { kind: "null" } },
    { text: "\ud800", error: { kind: "surrogate", codePoint: "U+D800" } },
    { text: "a\udfffb", error: { kind: "surrogate", codePoint: "U+DFFF" } },
    { text: "\udc00\ud800", error: { kind: "surrogate", codePoint: "U+DC00" } },
    { text: "\ud83d\ude00", error: undefined },
    { text: "a\tb", error: { kind: "control" } },
    { text: "a\r\nb", error: { kind: "control" } },
    { text: "\u007f", error: { kind: "control" } },
    { text: "\u0085", error: { kind: "control" } },
    { text: "\u009f", error: { kind: "control" } },
    { text: "\u00a0", error: undefined },
    { text: "\ud800\0", error: { kind: "null" } },
  ] as const)("a text that cannot be stored is recognized: $text", ({ text, error }) => {
    expect(validateText(text)).toEqual(error);
  });

  it("a text that cannot be stored may have tabs and line ends where lines are allowed", () => {
    expect(validateText("a\tb\r\nc", { lines: true })).toBeUndefined();
    for (const text of ["\u000b", "\u001b", "\u007f", "\u0085"]) {
      expect(validateText(text, { lines: true })).toEqual({ kind: "control" });
    }
    expect(validateText("\0\n", { lines: true })).toEqual({ kind: "null" });
  });
});

describe("an e-mail address", () => {
  /** An address of so many characters: 254 with the longest local part there may be, 64. */
  const long = (length: number) =>
    `${"l".repeat(length - 190)}@${"d".repeat(61)}.${"d".repeat(61)}.${"d".repeat(62)}.ex`;

  it.each([
    "ada@example.com",
    "Ada.Lovelace+tag@sub.Example.co.uk",
    "!#$%&'*+/=?^_`{|}~-@example.com",
    "a@b.cd",
    "1@2.c3",
    "jos\u00e9@ex\u00e4mple.com",
    "\u7528\u6237@\u4f8b\u5b50.\u4e2d\u56fd",
    "ada@xn--exmple-cua.com",
    `${"a".repeat(64)}@example.com`,
    `ada@${"d".repeat(63)}.com`,
    long(254),
  ])("an e-mail address is accepted: %s", (address) => {
    expect(validateEmail(address)).toBeUndefined();
  });

  it.each([
    { address: "ada", reason: "An email address must have an @-sign." },
    { address: "", reason: "An email address must have an @-sign." },
    { address: "@example.com", reason: "There must be something before the @-sign." },
    { address: "ada@", reason: "There must be something after the @-sign." },
    { address: "ada@localhost", reason: "The part after the @-sign is not valid. It should have a period." },
    {
      address: "a b@example.com",
      reason: "The email address contains invalid characters before the @-sign.",
    },
  ])("an e-mail address is rejected with a reason: $address", ({ address, reason }) => {
    expect(validateEmail(address)).toBe(reason);
  });

  it.each([
    '"ada lovelace"@example.com',
    '"ada"@example.com',
    "ada@example.com.",
    "ada@.example.com",
    "ada@example..com",
    "ada@-example.com",
    "ada@example-.com",
    "ada@exam_ple.com",
    "ada@[127.0.0.1]",
    "ada@127.0.0.1",
    "ada@example.123",
    ".ada@example.com",
    "ada.@example.com",
    "ada..b@example.com",
    "ada@b@example.com",
    "ada,bob@example.com",
    "ada;bob@example.com",
    "Ada <ada@example.com>",
    "ada(comment)@example.com",
    "ada\\@example.com",
    "ada:b@example.com",
    "ada@example.com\r\nBcc: all@example.com",
    "ada\r\nBcc: all@example.com",
    "ada\n@example.com",
    "ada\0@example.com",
    "ada@exam\tple.com",
    "ada@example.com ",
    " ada@example.com",
    "ada@exam ple.com",
    "ada%0d%0aBcc:x@example.com",
    "ada\ud800@example.com",
    "ada@ex\ud800.com",
    `${"a".repeat(65)}@example.com`,
    `${"\u00e9".repeat(33)}@example.com`,
    `ada@${"d".repeat(64)}.com`,
    long(255),
  ])("an e-mail address is rejected: %j", (address) => {
    expect(validateEmail(address)).toEqual(expect.any(String));
  });

  it("an e-mail address has at most 254 characters [R57]", () => {
    expect(emailLength).toBe(254);
    expect(countCodePoints(long(254))).toBe(254);
    expect(validateEmail(long(254))).toBeUndefined();
    expect(validateEmail(long(255))).toBe("The email address is too long.");
  });

  it("an e-mail address contains no control, white space, invisible or direction character at any position", () => {
    for (const unfit of [
      "\u0001",
      "\u001f",
      "\u007f",
      "\u0085",
      "\u009f",
      "\u00a0",
      "\u00ad",
      "\u2028",
      "\u2029",
      "\u3000",
      "\u200b",
      "\u200d",
      "\u202e",
      "\u2066",
      "\ufeff",
      "\u{e0001}",
      "\ue000",
    ]) {
      for (const address of [
        `a${unfit}b@example.com`,
        `${unfit}@example.com`,
        `a@exam${unfit}ple.com`,
        `a@example.com${unfit}`,
      ]) {
        expect([address, validateEmail(address)]).toEqual([address, expect.any(String)]);
      }
    }
  });

  it("an e-mail address never contains a line end, a space, a bracket or a second @ [R57]", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (local, domain) => {
        const address = `${local}@${domain}`;
        if (validateEmail(address) === undefined)
          expect(address).toMatch(/^[^\s<>()[\]\\",:;@]+@[^\s<>()[\]\\",:;@]+$/u);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a name", () => {
  it.each([
    { name: "Ada Lovelace", firstName: "Ada", lastName: "Lovelace" },
    { name: "Ada", firstName: "Ada", lastName: "" },
    { name: "", firstName: "", lastName: "" },
    { name: "Ada King Lovelace", firstName: "Ada", lastName: "King Lovelace" },
    { name: "Ada  Lovelace", firstName: "Ada", lastName: "Lovelace" },
    { name: "Ada ", firstName: "Ada", lastName: "" },
    { name: "Ada\u00a0King Lovelace", firstName: "Ada\u00a0King", lastName: "Lovelace" },
  ])("a name is split at its first space: $name", ({ name, firstName, lastName }) => {
    expect(splitName(name)).toEqual({ firstName, lastName });
  });

  it("a name is unchanged when it is split and joined", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: "grapheme" }).filter((word) => !/\s/.test(word) && word !== ""),
          { maxLength: 4 },
        ),
        (words) => {
          const name = words.join(" ");
          const { firstName, lastName } = splitName(name);
          expect(joinName(firstName, lastName)).toBe(name);
          expect(splitName(joinName(firstName, lastName))).toEqual({ firstName, lastName });
        },
      ),
    );
  });

  it("a name has no extra space if one part is missing", () => {
    expect(joinName("", "")).toBe("");
    expect(joinName("Ada", "")).toBe("Ada");
    expect(joinName("", "Lovelace")).toBe("Lovelace");
  });
});

describe("a locale", () => {
  it.each([
    { locale: "pt-BR", language: "PT" },
    { locale: "de_CH", language: "DE" },
    { locale: "CA", language: "CA" },
    { locale: "en", language: "EN" },
    { locale: "eng", language: undefined },
    { locale: "", language: undefined },
    { locale: undefined, language: undefined },
    { locale: "-en", language: undefined },
  ] as const)("$locale means the language $language", ({ locale, language }) => {
    expect(languageFromLocale(locale)).toBe(language);
  });
});
