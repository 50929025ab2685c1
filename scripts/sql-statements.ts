/** SQL as far as the rules for migrations need to read it. */

/** A table's name as SQL may write it, with or without its schema. */
export const NAME = '(?:(?:main|"main"|`main`)\\s*\\.\\s*)?(?:"([^"]+)"|`([^`]+)`|\\[([^\\]]+)\\]|(\\w+))';
export const IF = "(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?";

/** The first name that a pattern finds, in lower case. */
export function match(statement: string, pattern: string): string | undefined {
  return matchAll(statement, pattern)[0];
}

/** All names that a pattern finds, one a place. */
export function matchAll(statement: string, pattern: string): string[] {
  return [...statement.matchAll(new RegExp(pattern, "gi"))].map(([, ...names]) => firstName(names));
}

function firstName(names: readonly (string | undefined)[]): string {
  return (names.find((name) => name !== undefined) ?? "").toLowerCase();
}

/** A statement of a migration. */
export interface Statement {
  /** As it is written, without comments. */
  readonly text: string;
  /** The same with its strings emptied, and without the head of a trigger. */
  readonly bare: string;
  /** What its comments say, and those before it. */
  readonly comments: string;
}

/**
 * Splits SQL at its semicolons.
 *
 * A trigger falls into its inner statements, which are looked at one by one; the first has the trigger's head.
 */
export function statementsOf(sql: string): Statement[] {
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

/** A comment, a string, a quoted name, or one character of anything else. */
const TOKEN = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|[\s\S]/g;
