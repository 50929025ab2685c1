import type { AccountRole } from "../domain/account.ts";
import type { Language } from "../domain/user.ts";
import type english from "../../translations/en.json";

/** The texts of one language. English is the model; a unit test requires its keys and placeholders of every other. */
export type Translation = Omit<typeof english, "roles"> & {
  readonly roles: Readonly<Record<AccountRole, string>>;
};

/**
 * Loads the texts of a language from the static assets, where the invitation page loads them too: the bundle does
 * not grow with each language. One asset read. Throws if the file is missing.
 */
export async function loadTranslation(
  assets: Pick<Fetcher, "fetch">,
  language: Language,
): Promise<Translation> {
  const response = await assets.fetch(`https://assets.invalid/invite/${language.toLowerCase()}.json`);
  if (!response.ok)
    throw new Error(`The translation ${language} cannot be loaded: status ${response.status}`);
  return response.json();
}
