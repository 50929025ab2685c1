import { searchText } from "./search.ts";
import { foldCase } from "./text.ts";

/** What a user is to the platform. ROOT is never stored for operators: it is derived on every request. */
export const userTypes = ["ROOT", "DEALER", "USER", "READONLY", "MANAGER", "SALES"] as const;
export type UserType = (typeof userTypes)[number];

export const languages = ["CA", "ES", "EN", "FR", "DE", "PT"] as const;
export type Language = (typeof languages)[number];

/** Longest e-mail address, in characters (RFC 5321's 256 less the angle brackets). */
export const emailLength = 254;
/** Longest first or last name, in code points. */
export const nameLength = 150;

/** The form in which addresses are compared: trimmed, normal form C, lower case. */
export function normalizeEmail(text: string): string {
  return foldCase(text.trim());
}

/** First and last name out of one: what stands before the first space, and the rest. */
export function splitName(name: string): { firstName: string; lastName: string } {
  const space = name.indexOf(" ");
  if (space === -1) return { firstName: name, lastName: "" };
  return { firstName: name.slice(0, space), lastName: name.slice(space + 1).trim() };
}

/** One name out of first and last. */
export function joinName(firstName: string, lastName: string): string {
  return `${firstName} ${lastName}`.trim();
}

/** The language a locale such as `pt-BR` or `de_CH` stands for, where it is one we know. */
export function languageFromLocale(locale: string | undefined): Language | undefined {
  const code = locale?.split(/[-_]/, 1)[0]?.toUpperCase();
  return languages.find((language) => language === code);
}

/** Returns a user's address and names together with the derived values that look-ups and searches use. */
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
