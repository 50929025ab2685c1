/** A parser for SQL that knows as much as the migration lint needs. */

/** Pattern of a table's name, with or without its schema. */
export const NAME = '(?:(?:main|"main"|`main`)\\s*\\.\\s*)?(?:"([^"]+)"|`([^`]+)`|\\[([^\\]]+)\\]|(\\w+))';
/** Pattern of an optional IF EXISTS or IF NOT EXISTS. */
export const IF_EXISTS = "(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?";

/** Returns the first name that a pattern captures, in lower case. */
export function match(statement: string, pattern: string): string | undefined {
  return matchAll(statement, pattern)[0];
}

/** Returns one name for each match of a pattern, in lower case. */
export function matchAll(statement: string, pattern: string): string[] {
  return [...statement.matchAll(new RegExp(pattern, "gi"))].map(([, ...names]) => firstName(names));
}

function firstName(names: readonly (string | undefined)[]): string {
  return (names.find((name) => name !== undefined) ?? "").toLowerCase();
}

/** A statement of a migration. */
export interface Statement {
  /** The statement without comments. */
  readonly text: string;
  /** `text` with empty strings, and without the head of a trigger. */
  readonly bare: string;
  /** Comments in and before the statement. */
  readonly comments: string;
}

/**
 * Splits SQL at its semicolons.
 *
 * A trigger becomes one statement for each of its inner statements. `text` of the first contains the trigger's head.
 */
export function parseStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let [text, bare, comments] = ["", "", ""];
  const end = () => {
    if (bare.trim() !== "") {
      statements.push({
        text: text.trim(),
        bare: bare.trim().replace(/^(?:CREATE\s+TRIGGER[\s\S]*?\bBEGIN\s+)/i, ""),
        comments,
      });
    }
    [text, bare, comments] = ["", "", ""];
  };
  for (const [token] of sql.matchAll(TOKEN)) {
    if (token === ";") {
      end();
    } else if (token.startsWith("--") || token.startsWith("/*")) {
      bare += " ";
      comments += `${token}\n`;
    } else {
      text += token;
      bare += token.startsWith("'") ? "''" : token;
    }
  }
  end();
  return statements;
}

/** A comment, a string, a quoted name, or one other character. */
const TOKEN = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|[\s\S]/g;
