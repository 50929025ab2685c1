/** Rules for text that people write: one normal form, and nothing that breaks a line or a log. */

/** Returns a text in Unicode normal form C, trimmed. */
export function normalizeText(text: string): string {
  return text.normalize("NFC").trim();
}

/** Returns the form in which texts are compared: normal form C, lower case. */
export function foldCase(text: string): string {
  return text.normalize("NFC").toLowerCase().normalize("NFC");
}

/** Returns the form in which text is sorted and searched: folded, with one sigma for every position in a word. */
export function searchKey(text: string): string {
  return foldCase(text).replaceAll("ς", "σ");
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
