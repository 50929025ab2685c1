import type { Breach, Migration } from "./migration-rules.ts";
import { IF, match, NAME, statementsOf, type Statement } from "./sql-statements.ts";

/**
 * Returns the statements of migrations that are not released yet which the code of the release could not
 * live with: while a deployment rolls out, it runs on the new schema.
 *
 * So a migration adds and takes nothing away (expand). What nothing uses any more goes later (contract), under
 * a comment that names the released migration since when: `-- contract: nothing reads it since 0012_new_names`.
 */
export function findNarrowings(migrations: readonly Migration[], released: readonly string[]): Breach[] {
  const made = new Set<string>();
  return migrations
    .filter(({ name }) => !released.includes(name))
    .flatMap(({ name: file, sql }) => {
      const statements = statementsOf(sql);
      /** The table whose trigger the statement belongs to. */
      let watched: string | undefined;
      return statements.flatMap((statement) => {
        watched = match(statement.text, TRIGGER) ?? (/^END\b/i.test(statement.bare) ? undefined : watched);
        const table = match(statement.text, `^CREATE\\s+(?:VIRTUAL\\s+)?TABLE\\s+${IF}${NAME}`);
        if (table !== undefined) made.add(table);
        const refuses = watched !== undefined && !made.has(watched) && RAISE.test(statement.bare);
        const reason = refuses ? `refuses what ${watched} takes` : narrowing(statement, made, statements);
        if (reason === undefined || isContract(statement, released)) return [];
        return [{ file, statement: statement.text, reason: `${reason}, which released code may rely on` }];
      });
    });
}

/** What a statement takes from code that knows nothing of it; `made` are tables no release has. */
function narrowing(
  { text, bare }: Statement,
  made: ReadonlySet<string>,
  others: readonly Statement[],
): string | undefined {
  const known = (pattern: string): string | undefined => {
    const table = match(text, pattern);
    return table === undefined || made.has(table) ? undefined : table;
  };
  const dropped = known(`^DROP\\s+TABLE\\s+${IF}${NAME}`);
  if (dropped !== undefined) return `drops the table ${dropped}`;
  const altered = known(`^ALTER\\s+TABLE\\s+${NAME}\\s+(?:DROP|RENAME)\\b`);
  if (altered !== undefined) return `drops or renames what ${altered} has`;
  const widened = known(`^ALTER\\s+TABLE\\s+${NAME}\\s+ADD\\b`);
  if (widened !== undefined && /\bNOT\s+NULL\b/i.test(bare) && !/\bDEFAULT\b/i.test(bare)) {
    return `adds to ${widened} what no insert may leave out`;
  }
  const unique = known(`^CREATE\\s+UNIQUE\\s+INDEX\\s+${IF}${SKIPPED}\\s+ON\\s+${NAME}`);
  if (unique !== undefined) return `makes unique what ${unique} may hold twice`;
  const gone = match(text, `^DROP\\s+(?:TRIGGER|VIEW)\\s+${IF}${NAME}`);
  const again = (one: Statement) => match(one.text, `^CREATE\\s+(?:TRIGGER|VIEW)\\s+${IF}${NAME}`) === gone;
  if (gone !== undefined && !others.some(again)) return `drops ${gone}`;
  return undefined;
}

const TRIGGER = `^CREATE\\s+TRIGGER\\s[\\s\\S]*?\\sON\\s+${NAME}`;
const RAISE = /\bRAISE\s*\(\s*(?!IGNORE\b)/i;
/** A name that is passed over. */
const SKIPPED = '(?:"[^"]+"|`[^`]+`|\\[[^\\]]+\\]|\\w+)';

/** Whether the statement says since which released migration nothing needs what it takes away. */
function isContract({ comments }: Statement, released: readonly string[]): boolean {
  const since = /^--\s*contract:.*\bsince\s+(\w+)/im.exec(comments)?.[1];
  return since !== undefined && released.includes(`${since}.sql`);
}
