import { IF, match, matchAll, NAME, statementsOf } from "./sql-statements.ts";

/** A migration file. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** A statement that must not be applied, and why. */
export interface Breach {
  readonly file: string;
  readonly statement: string;
  readonly reason: string;
}

/**
 * Returns the statements that would lose data, or slip past a trigger, on D1; migrations come in their order.
 *
 * drizzle-kit changes a table by dropping it and making it anew under PRAGMA foreign_keys=OFF. D1 ignores the
 * pragma, so dropping a referenced table sets off ON DELETE CASCADE in every child (drizzle-orm issue 4938).
 */
export function findBreaches(migrations: readonly Migration[]): Breach[] {
  const tables = new References();
  return migrations.flatMap(({ name, sql }) =>
    statementsOf(sql).flatMap(({ text, bare }) => {
      const reason = textBreach(bare) ?? tables.apply(bare);
      return reason === undefined ? [] : [{ file: name, statement: text, reason }];
    }),
  );
}

/** Which table references which, as the migrations so far have left it. */
class References {
  readonly #parents = new Map<string, Set<string>>();
  readonly #virtual = new Set<string>();

  /** Follows one statement; returns why it must not be applied, if so. */
  apply(statement: string): string | undefined {
    const virtual = match(statement, `^CREATE\\s+VIRTUAL\\s+TABLE\\s+${IF}${NAME}`);
    if (virtual !== undefined) {
      this.#virtual.add(virtual);
    }
    const child = match(
      statement,
      `^(?:CREATE\\s+(?:TEMP\\s+|TEMPORARY\\s+)?TABLE\\s+${IF}|ALTER\\s+TABLE\\s+)${NAME}`,
    );
    if (child !== undefined) {
      this.#follow(child, statement);
    }
    const dropped = match(statement, `^DROP\\s+TABLE\\s+${IF}${NAME}`);
    return dropped === undefined ? undefined : this.#drop(dropped);
  }

  #follow(child: string, statement: string): void {
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

function textBreach(statement: string): string | undefined {
  if (/\b(?:INSERT|UPDATE)\s+OR\s+REPLACE\b|\bREPLACE\s+INTO\b/i.test(statement)) {
    return "replaces rows: the old ones go without their triggers";
  }
  return /\bPRAGMA\s+foreign_keys\b/i.test(statement) ? "D1 ignores PRAGMA foreign_keys" : undefined;
}
