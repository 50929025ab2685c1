/** Rules for text that people write: one form in the store, nothing that breaks a line or a log. */

/** Unicode normal form C, without white space at either end. */
export function normalizeText(text: string): string {
  return text.normalize("NFC").trim();
}

/** Normal form C, lower case: what differs in neither is the same. */
export function foldCase(text: string): string {
  return text.normalize("NFC").toLowerCase().normalize("NFC");
}

/** The form in which text is ordered and searched: folded, and with one sigma wherever in a word it stands. */
export function searchKey(text: string): string {
  return foldCase(text).replaceAll("ς", "σ");
}

/** Length in code points, which is how both wire manners count. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Why a text cannot be stored, the first reason found; undefined when it can. */
export type TextError =
  | { readonly kind: "null" }
  | { readonly kind: "surrogate"; readonly codePoint: string }
  | { readonly kind: "control" };

/**
 * Finds what makes a text unfit to store: a NUL, half a surrogate pair, or a control character.
 * With `lines`, tabs and line ends are ordinary characters.
 */
export function validateText(
  text: string,
  options: { readonly lines?: boolean } = {},
): TextError | undefined {
  if (text.includes("\0")) return { kind: "null" };
  if (!text.isWellFormed()) return { kind: "surrogate", codePoint: loneSurrogate(text) };
  const unfit = options.lines === true ? /[^\P{Cc}\t\r\n]/u : /\p{Cc}/u;
  return unfit.test(text) ? { kind: "control" } : undefined;
}

function loneSurrogate(text: string): string {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return `U+${code.toString(16).toUpperCase()}`;
  }
  return "";
}
