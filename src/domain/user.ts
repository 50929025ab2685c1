import { searchText } from "./search.ts";
import { countCodePoints, foldCase } from "./text.ts";

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
/** Maximum length of first and last name with the space between them. */
export const fullNameLength = 2 * nameLength + 1;

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

/** The names in a token, normalized; undefined if missing or empty. */
export interface TokenNames {
  readonly name: string | undefined;
  readonly givenName: string | undefined;
  readonly familyName: string | undefined;
}

/**
 * Returns first and last name of a token. The full name wins: joined, they read like it as far as the lengths
 * allow. Without a full name, missing parts are left out.
 */
export function readNames({ name, givenName, familyName }: TokenNames): {
  firstName?: string;
  lastName?: string;
} {
  if (name === undefined) {
    return {
      ...(givenName === undefined ? {} : { firstName: givenName }),
      ...(familyName === undefined ? {} : { lastName: familyName }),
    };
  }
  if (givenName !== undefined && familyName !== undefined && joinName(givenName, familyName) === name) {
    return { firstName: givenName, lastName: familyName };
  }
  const { firstName, lastName } = splitName(name);
  if (countCodePoints(firstName) > nameLength) return { firstName: cutName(firstName), lastName: "" };
  return { firstName, lastName: cutName(lastName) };
}

/** Cuts a name to a number of code points. */
export function cutName(name: string, maxLength = nameLength): string {
  return [...name].slice(0, maxLength).join("").trim();
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
