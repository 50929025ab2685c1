/** Control characters, line ends of every kind, and marks that change the text direction. */
const unsafe = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+/gu;

/** Replaces line ends, control characters and direction marks by spaces, so that the text stays on one line. */
export function toSingleLine(text: string): string {
  return text.replaceAll(unsafe, " ").trim();
}

/** A scheme, `www.`, an `@`, a domain such as `evil.example`, or an IPv4 address: what mail clients make links of. */
const link = /:\/\/|www\.|@|[^\s.]\.\p{L}[\p{L}\p{M}]|\d\.\d{1,3}\.\d{1,3}\.\d/iu;

/**
 * Whether a mail client could show a part of the text as a link or an address. Compatible forms, such as full-width
 * letters and dots, count as the characters they look like.
 */
export function containsLink(text: string): boolean {
  const plain = text.replaceAll(/\p{Default_Ignorable_Code_Point}+/gu, "").normalize("NFKC");
  return link.test(plain.replaceAll("\u3002", "."));
}

/** Shortens a text to at most `maxLength` code points; a shortened text ends with "…". */
export function truncate(text: string, maxLength: number): string {
  const characters = [...text];
  return characters.length <= maxLength ? text : `${characters.slice(0, maxLength - 1).join("")}…`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes a text for use in an HTML element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** Replaces each `{name}` by its value. Placeholders inside values are not replaced. */
export function interpolate(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}
