/** Rules for migrations. `npm run check` applies them. */
import { IF_EXISTS, match, matchAll, NAME, parseStatements, type Statement } from "./sql-statements.ts";

/** A migration file. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** A statement that must not be applied, and why. */
export interface Violation {
  readonly file: string;
  readonly statement: string;
  readonly reason: string;
}

/**
 * Returns the statements of migrations, given in order, that would lose data or bypass a trigger on D1.
 *
 * drizzle-kit changes a table by dropping and recreating it under PRAGMA foreign_keys=OFF. D1 ignores the pragma, so
 * dropping a referenced table triggers ON DELETE CASCADE in each child (drizzle-orm issue 4938).
 */
export function findDataLoss(migrations: readonly Migration[]): Violation[] {
  const references = new References();
  return migrations.flatMap(({ name, sql }) =>
    parseStatements(sql).flatMap(({ text, bare }) => {
      const reason = forbiddenText(bare) ?? references.apply(bare);
      return reason === undefined ? [] : [{ file: name, statement: text, reason }];
    }),
  );
}

/** Foreign keys between tables after the statements so far. */
class References {
  readonly #parents = new Map<string, Set<string>>();
  readonly #virtual = new Set<string>();

  /** Applies one statement. Returns why it must not be applied, or undefined. */
  apply(statement: string): string | undefined {
    const virtual = match(statement, `^CREATE\\s+VIRTUAL\\s+TABLE\\s+${IF_EXISTS}${NAME}`);
    if (virtual !== undefined) {
      this.#virtual.add(virtual);
    }
    const child = match(
      statement,
      `^(?:CREATE\\s+(?:TEMP\\s+|TEMPORARY\\s+)?TABLE\\s+${IF_EXISTS}|ALTER\\s+TABLE\\s+)${NAME}`,
    );
    if (child !== undefined) {
      this.#addReferences(child, statement);
    }
    const dropped = match(statement, `^DROP\\s+TABLE\\s+${IF_EXISTS}${NAME}`);
    return dropped === undefined ? undefined : this.#drop(dropped);
  }

  #addReferences(child: string, statement: string): void {
    const parents = this.#parents.get(child) ?? new Set();
    for (const parent of matchAll(statement, `\\bREFERENCES\\s+${NAME}`)) parents.add(parent);
    this.#parents.delete(child);
    this.#parents.set(match(statement, `\\bRENAME\\s+TO\\s+${NAME}`) ?? child, parents);
  }

  #drop(table: string): string | undefined {
    const children = [...this.#parents].filter(([child, parents]) => child !== table && parents.has(table));
    if (children.length > 0 && !this.#virtual.has(table)) {
      return `drops ${table}, which is referenced by ${children.map(([child]) => child).join(", ")}`;
    }
    this.#parents.delete(table);
    return undefined;
  }
}

function forbiddenText(statement: string): string | undefined {
  if (/\b(?:INSERT|UPDATE)\s+OR\s+REPLACE\b|\bREPLACE\s+INTO\b/i.test(statement)) {
    return "replaces rows without firing their delete triggers";
  }
  return /\bPRAGMA\s+foreign_keys\b/i.test(statement)
    ? "uses PRAGMA foreign_keys, which D1 ignores"
    : undefined;
}

/**
 * Returns the statements of unreleased migrations that released code cannot work with. During a deployment, released
 * code runs on the new schema.
 *
 * A migration only adds (expand). A later one may remove what no code uses (contract), under a comment that names the
 * released migration: `-- contract: nothing reads it since 0012_new_names`.
 */
export function findIncompatibilities(
  migrations: readonly Migration[],
  released: readonly string[],
): Violation[] {
  const newTables = new Set<string>();
  return migrations
    .filter(({ name }) => !released.includes(name))
    .flatMap(({ name: file, sql }) => {
      const statements = parseStatements(sql);
      /** The table of the trigger that the statement belongs to. */
      let triggerTable: string | undefined;
      return statements.flatMap((statement) => {
        triggerTable =
          match(statement.text, TRIGGER) ?? (/^END\b/i.test(statement.bare) ? undefined : triggerTable);
        const created = match(statement.text, `^CREATE\\s+(?:VIRTUAL\\s+)?TABLE\\s+${IF_EXISTS}${NAME}`);
        if (created !== undefined) newTables.add(created);
        const rejectsRows =
          triggerTable !== undefined && !newTables.has(triggerTable) && RAISE.test(statement.bare);
        const reason = rejectsRows
          ? `adds a trigger that rejects rows of ${triggerTable}`
          : incompatibility(statement, newTables, statements);
        if (reason === undefined || isContract(statement, released)) return [];
        return [{ file, statement: statement.text, reason: `${reason}. Released code may depend on it` }];
      });
    });
}

/** Returns what a statement takes away from code that does not know of it. Tables that are new may change freely. */
function incompatibility(
  { text, bare }: Statement,
  newTables: ReadonlySet<string>,
  statements: readonly Statement[],
): string | undefined {
  const releasedTable = (pattern: string): string | undefined => {
    const table = match(text, pattern);
    return table === undefined || newTables.has(table) ? undefined : table;
  };
  const dropped = releasedTable(`^DROP\\s+TABLE\\s+${IF_EXISTS}${NAME}`);
  if (dropped !== undefined) return `drops the table ${dropped}`;
  const altered = releasedTable(`^ALTER\\s+TABLE\\s+${NAME}\\s+(?:DROP|RENAME)\\b`);
  if (altered !== undefined) return `drops or renames a part of ${altered}`;
  const extended = releasedTable(`^ALTER\\s+TABLE\\s+${NAME}\\s+ADD\\b`);
  if (extended !== undefined && /\bNOT\s+NULL\b/i.test(bare) && !/\bDEFAULT\b/i.test(bare)) {
    return `adds a required column without a default to ${extended}`;
  }
  const unique = releasedTable(`^CREATE\\s+UNIQUE\\s+INDEX\\s+${IF_EXISTS}${ANY_NAME}\\s+ON\\s+${NAME}`);
  if (unique !== undefined) return `adds a unique index to ${unique}`;
  const removed = match(text, `^DROP\\s+(?:TRIGGER|VIEW)\\s+${IF_EXISTS}${NAME}`);
  const recreates = (one: Statement) =>
    match(one.text, `^CREATE\\s+(?:TRIGGER|VIEW)\\s+${IF_EXISTS}${NAME}`) === removed;
  if (removed !== undefined && !statements.some(recreates)) return `drops ${removed}`;
  return undefined;
}

const TRIGGER = `^CREATE\\s+TRIGGER\\s[\\s\\S]*?\\sON\\s+${NAME}`;
const RAISE = /\bRAISE\s*\(\s*(?!IGNORE\b)/i;
/** A name that is not captured. */
const ANY_NAME = '(?:"[^"]+"|`[^`]+`|\\[[^\\]]+\\]|\\w+)';

/** Returns whether a comment names the released migration since which no code uses what the statement removes. */
function isContract({ comments }: Statement, released: readonly string[]): boolean {
  const since = /^--\s*contract:.*\bsince\s+(\w+)/im.exec(comments)?.[1];
  return since !== undefined && released.includes(`${since}.sql`);
}
