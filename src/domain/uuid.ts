const hyphenated = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const bare = /^[0-9a-f]{32}$/;

/**
 * The canonical form (lower case, hyphens) of a UUID written with or without hyphens, in any
 * case, in braces or behind `urn:uuid:`; undefined for anything else.
 */
export function parseUuid(text: string): string | undefined {
  const digits = text
    .toLowerCase()
    .replace(/^(?:urn:)?(?:uuid:)?/, "")
    .replace(/^\{(.*)\}$/, "$1")
    .replaceAll("-", "");
  if (!bare.test(digits)) return undefined;
  const groups = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ];
  return groups.join("-");
}

/** Whether a text has a UUID's form, with or without hyphens. */
export function isUuidShaped(text: string): boolean {
  const lower = text.toLowerCase();
  return hyphenated.test(lower) || bare.test(lower);
}
