/** Rules for text that people write: one normal form, and nothing that breaks a line or a log. */

/** Returns a text in Unicode normal form C, trimmed. */
export function normalizeText(text: string): string {
  return text.normalize("NFC").trim();
}

/**
 * Default-ignorable characters and bidirectional controls (Unicode), which show nothing but can change how a name
 * reads or is compared. Joiners and variation selectors stay: scripts and emoji need them.
 */
const invisible =
  /[\ufff9-\ufffb]|(?![\u200c\u200d\p{Variation_Selector}])\p{Default_Ignorable_Code_Point}/gu;
/** A character that shows something by itself. U+2800 is the blank of Braille. */
const visible = /[^\p{White_Space}\p{Variation_Selector}\u2800\u200c\u200d]/u;

/** Removes invisible characters from a text, in normal form C. Returns "" if nothing visible is left. */
export function removeInvisible(text: string): string {
  const rest = text.replaceAll(invisible, "").normalize("NFC");
  return visible.test(rest) ? rest : "";
}

/** Returns a name or title as it is stored: in normal form C, trimmed, without invisible characters. */
export function normalizeName(text: string): string {
  return removeInvisible(text).trim();
}

/** Returns a name on one line: white space becomes one space, and other control characters are removed. */
export function normalizeNameLine(text: string): string {
  const rest = text.replaceAll(/(?!\p{White_Space})[\p{Cc}\p{Cs}]/gu, "");
  return removeInvisible(rest)
    .replaceAll(/\p{White_Space}+/gu, " ")
    .trim();
}

/** Returns the form in which texts are compared: normal form C, lower case. */
export function foldCase(text: string): string {
  return text.normalize("NFC").toLowerCase().normalize("NFC");
}

/**
 * Returns the form in which text is sorted and searched: folded, with one sigma for every position in a word and
 * one i, with or without a dot ("İ" is "i" and a combining dot in lower case).
 */
export function searchKey(text: string): string {
  return foldCase(text)
    .replaceAll("ς", "σ")
    .replaceAll(/[iı]\u0307*/g, "i")
    .normalize("NFC");
}

/** Returns the length in code points, which Django REST framework and pydantic both count. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Why a text cannot be stored. */
export type TextError =
  | { readonly kind: "null" }
  | { readonly kind: "surrogate"; readonly codePoint: string }
  | { readonly kind: "control" };

/**
 * Returns why a text cannot be stored: a NUL, a lone surrogate, or a control character; undefined if it
 * can. With `lines`, tabs and line ends are allowed.
 */
export function validateText(
  text: string,
  options: { readonly lines?: boolean } = {},
): TextError | undefined {
  if (text.includes("\0")) return { kind: "null" };
  if (!text.isWellFormed()) return { kind: "surrogate", codePoint: loneSurrogate(text) };
  const invalid = options.lines === true ? /[^\P{Cc}\t\r\n]/u : /\p{Cc}/u;
  return invalid.test(text) ? { kind: "control" } : undefined;
}

function loneSurrogate(text: string): string {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return `U+${code.toString(16).toUpperCase()}`;
  }
  return "";
}
