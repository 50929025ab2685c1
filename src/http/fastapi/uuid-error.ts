import type { FieldError } from "./validation.ts";

const groupLengths = [8, 4, 4, 4, 12];

/** What is wrong with a UUID, in the words of the parser that pydantic uses. */
export function uuidError(text: string): FieldError {
  const reason = reasonOf(text);
  return { type: "uuid_parsing", msg: `Input should be a valid UUID, ${reason}`, ctx: { error: reason } };
}

function reasonOf(text: string): string {
  const bare = text.replace(/^(?:urn:uuid:|\{)/, "").replace(/\}$/, "");
  const ahead = text.indexOf(bare);
  const characters = [...bare];
  const wrong = characters.findIndex((character) => !/[0-9a-fA-F-]/.test(character));
  if (wrong !== -1) {
    return `invalid character: found \`${characters[wrong] ?? ""}\` at ${wrong + ahead + 1}`;
  }
  const groups = bare.split("-");
  if (groups.length === 1) {
    return `invalid length: expected length 32 for simple format, found ${bare.length}`;
  }
  if (groups.length !== 5) return `invalid group count: expected 5, found ${groups.length}`;
  const at = groups.findIndex((group, index) => group.length !== groupLengths[index]);
  return `invalid group length in group ${at}: expected ${groupLengths[at] ?? 0}, found ${groups[at]?.length ?? 0}`;
}
