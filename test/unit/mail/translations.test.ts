/** Every language has a complete translation, which the mails and the invitation page share. */
import { describe, expect, it } from "vitest";

import { languages } from "../../../src/domain/user.ts";
import { readTranslation } from "../../support/translations.ts";
import english from "../../../translations/en.json";

describe.each(languages)("the translation %s", (language) => {
  it("a translation has the keys of the English one", async () => {
    const texts = textsOf(await readTranslation(language));
    expect([...texts.keys()].sort()).toEqual([...textsOf(english).keys()].sort());
  });

  it("a translation has no empty text", async () => {
    const texts = textsOf(await readTranslation(language));
    expect([...texts].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("a translation has the placeholders of the English one in each text", async () => {
    const texts = textsOf(await readTranslation(language));
    expect(placeholdersOf(texts)).toEqual(placeholdersOf(textsOf(english)));
  });

  it("a translation names a locale of its language", async () => {
    const { locale } = await readTranslation(language);
    expect(new Intl.Locale(locale).language).toBe(language.toLowerCase());
    expect(Intl.DateTimeFormat.supportedLocalesOf(locale)).toEqual([locale]);
  });
});

it("each of the texts is requested in a different language", async () => {
  const titles = await Promise.all(
    languages.map(async (language) => (await readTranslation(language)).invited),
  );
  expect(new Set(titles).size).toBe(languages.length);
});

/** Returns the texts by their paths, such as `page.title`. */
function textsOf(translation: object, path = ""): Map<string, string> {
  const entries = Object.entries(translation).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "object" && value !== null
      ? [...textsOf(value, `${path}${key}.`)]
      : [[`${path}${key}`, String(value)] as const],
  );
  return new Map(entries);
}

function placeholdersOf(texts: ReadonlyMap<string, string>): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...texts].map(([path, text]) => [path, (text.match(/\{\w+\}/g) ?? []).toSorted()]),
  );
}
