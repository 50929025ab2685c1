const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const bare = /^[0-9a-f]{32}$/;

/**
 * Returns the canonical form (lower case, hyphens) of a UUID; undefined if it is invalid. Accepts what
 * Python's uuid module accepts: any case, any hyphens, braces, and a prefix `urn:uuid:`.
 */
export function parseUuid(text: string): string | undefined {
  if (canonical.test(text)) return text;
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
