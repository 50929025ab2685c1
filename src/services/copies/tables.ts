/** What of the database is exported, in the order in which it can be taken back. */
import { sql } from "drizzle-orm";
import { getTableConfig, integer, sqliteTable, text, type SQLiteTable } from "drizzle-orm/sqlite-core";

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

export interface CopiedTable {
  readonly table: SQLiteTable;
  readonly name: string;
  readonly columns: readonly string[];
  /** The primary key, in the order of its columns. */
  readonly keys: readonly { readonly name: string; readonly type: "string" | "number" }[];
}

/** The last ids given out, so that none is given out twice: SQLite's own table. */
const sequences = sqliteTable("sqlite_sequence", { name: text("name").primaryKey(), seq: integer("seq") });
/** Migrations have a sequence too, which is not ours. */
export const ourSequences = sql`name in ('accounts', 'users')`;

/** All but what is made of them: counters and search indexes; and what holds nothing: preconditions and imports. */
export const copiedTables = [
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
].map(describe);

export function findTable(name: string): CopiedTable | undefined {
  return copiedTables.find((table) => table.name === name);
}

/** Whether a table is SQLite's own, which has rows of others too. */
export function isSequences({ table }: CopiedTable): boolean {
  return table === sequences;
}

function describe(table: SQLiteTable): CopiedTable {
  const { name, columns, primaryKeys } = getTableConfig(table);
  const keys = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary);
  return {
    table,
    name,
    columns: columns.filter(({ generated }) => generated === undefined).map((column) => column.name),
    keys: keys.map((column) => ({
      name: column.name,
      type: column.getSQLType() === "integer" ? "number" : "string",
    })),
  };
}
