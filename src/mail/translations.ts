import type { AccountRole } from "../domain/account.ts";
import type { Language } from "../domain/user.ts";
import type english from "../../translations/en.json";

/** The texts of one language. English is the model; a unit test requires its keys and placeholders of every other. */
export type Translation = Omit<typeof english, "roles"> & {
  readonly roles: Readonly<Record<AccountRole, string>>;
};

/** Loads the texts of a language. The name of the file is computed, so that a new language needs no entry here. */
export async function loadTranslation(language: Language): Promise<Translation> {
  const file: { readonly default: typeof english } = await import(
    `../../translations/${language.toLowerCase()}.json`
  );
  return file.default;
}
