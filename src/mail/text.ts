/** What people wrote, made fit for a mail: it neither breaks a line nor turns what stands around it. */

/** Control characters, line ends of every kind, and marks that change the direction of what follows. */
const unfit = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+/gu;

/** A text as part of one line. */
export function toSingleLine(text: string): string {
  return text.replaceAll(unfit, " ").trim();
}

/** The beginning of a text, of so many code points at the most. */
export function truncate(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as HTML shows it, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** Puts values where `{name}` stands; what comes in by a value is never looked into again. */
export function interpolate(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}
