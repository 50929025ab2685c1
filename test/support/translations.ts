import type { Language } from "../../src/domain/user.ts";
import type { Translation } from "../../src/mail/translations.ts";

/** Reads the translation file of a language. */
export async function readTranslation(language: Language): Promise<Translation> {
  const file: { readonly default: Translation } = await import(
    `../../translations/${language.toLowerCase()}.json`
  );
  return file.default;
}
