import { searchText } from "./search.ts";
import { foldCase } from "./text.ts";

/** The type of a user on the platform. ROOT is never stored for operators: it is derived for every request. */
export const userTypes = ["ROOT", "DEALER", "USER", "READONLY", "MANAGER", "SALES"] as const;
export type UserType = (typeof userTypes)[number];

/** The languages of mails and pages; each has a file in translations/. */
export const languages = ["CA", "ES", "EN", "FR", "DE", "PT"] as const;
export type Language = (typeof languages)[number];

/** Maximum length of an e-mail address, in characters (RFC 5321's 256 without the angle brackets). */
export const emailLength = 254;
/** Maximum length of first and last name, in code points. */
export const nameLength = 150;

/** Returns the form in which e-mail addresses are compared: trimmed, normal form C, lower case. */
export function normalizeEmail(text: string): string {
  return foldCase(text.trim());
}

/** Splits a full name at the first space. */
export function splitName(name: string): { firstName: string; lastName: string } {
  const space = name.indexOf(" ");
  if (space === -1) return { firstName: name, lastName: "" };
  return { firstName: name.slice(0, space), lastName: name.slice(space + 1).trim() };
}

/** Joins first and last name. */
export function joinName(firstName: string, lastName: string): string {
  return `${firstName} ${lastName}`.trim();
}

/** Returns the language of a locale such as `pt-BR` or `de_CH`, if it is supported. */
export function languageFromLocale(locale: string | undefined): Language | undefined {
  const code = locale?.split(/[-_]/, 1)[0]?.toUpperCase();
  return languages.find((language) => language === code);
}

/** Returns a user's e-mail and names with the derived columns for look-up and search. */
export function withSearchKeys({
  email,
  firstName,
  lastName,
}: {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
}) {
  return {
    email,
    emailKey: normalizeEmail(email),
    firstName,
    lastName,
    searchText: searchText([email, firstName, lastName]),
  };
}
