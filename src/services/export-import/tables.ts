/** What of the database is exported, in the order in which it can be taken back. */
import { getTableName, sql } from "drizzle-orm";
import { getTableConfig, integer, sqliteTable, type SQLiteTable, text } from "drizzle-orm/sqlite-core";

import {
  accounts,
  auditRows,
  deletedIdentities,
  erasures,
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

/** A table, and what a row of it is. Its columns are looked at only when it is copied, which few isolates ever do. */
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

/** The last ids given out, so that none is given out twice: SQLite's own table. */
const sequences = sqliteTable("sqlite_sequence", { name: text("name").primaryKey(), seq: integer("seq") });
/** Migrations have a sequence too, which is not ours. */
export const ownSequences = sql`name in ('accounts', 'users')`;

/** All but what is made of them: counters and search indexes; and what holds nothing: preconditions and imports. */
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

/** Whether a table is SQLite's own, which has rows of others too. */
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
