/** The exported tables, in the order in which they can be imported. */
import { getTableName, sql } from "drizzle-orm";
import { getTableConfig, integer, sqliteTable, type SQLiteTable, text } from "drizzle-orm/sqlite-core";

import { erasures } from "../../storage/internal-tables.ts";
import {
  accounts,
  auditRows,
  deletedIdentities,
  groupPermissions,
  groups,
  idempotencyKeys,
  identities,
  invites,
  mailedAddresses,
  memberships,
  personalAccessTokens,
  userGroups,
  users,
  zones,
} from "../../storage/schema.ts";

/** An exported table. Its columns are read lazily, because few isolates export or import. */
export class ExportedTable {
  readonly table: SQLiteTable;
  readonly name: string;
  #shape: Shape | undefined;

  constructor(table: SQLiteTable) {
    this.table = table;
    this.name = getTableName(table);
  }

  get columns(): Shape["columns"] {
    return (this.#shape ??= shapeOf(this.table)).columns;
  }

  get keys(): Shape["keys"] {
    return (this.#shape ??= shapeOf(this.table)).keys;
  }
}

interface Shape {
  readonly columns: readonly string[];
  /** The primary key, in the order of its columns. */
  readonly keys: readonly { readonly name: string; readonly type: "string" | "number" }[];
}

/** SQLite's own table of the last assigned ids, so that no id is assigned twice. */
const sequences = sqliteTable("sqlite_sequence", { name: text("name").primaryKey(), seq: integer("seq") });
/** Without the sequence of the migrations table. */
export const ownSequences = sql`name in ('accounts', 'users')`;

/** All tables except reference tables, which migrations fill, derived ones (counters, search indexes) and empty ones (preconditions, imports). */
export const exportedTables = [
  sequences,
  groups,
  groupPermissions,
  zones,
  users,
  identities,
  deletedIdentities,
  userGroups,
  accounts,
  memberships,
  invites,
  mailedAddresses,
  personalAccessTokens,
  idempotencyKeys,
  auditRows,
  erasures,
].map((table) => new ExportedTable(table));

export function findTable(name: string): ExportedTable | undefined {
  return exportedTables.find((table) => table.name === name);
}

/** Whether a table is SQLite's own. */
export function isSequences({ table }: ExportedTable): boolean {
  return table === sequences;
}

function shapeOf(table: SQLiteTable): Shape {
  const { columns, primaryKeys } = getTableConfig(table);
  const keys = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
  return {
    columns: columns.filter(({ generated }) => generated === undefined).map((column) => column.name),
    keys: keys.map((column) => ({
      name: column.name,
      type: column.getSQLType() === "integer" ? "number" : "string",
    })),
  };
}
