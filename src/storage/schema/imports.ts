import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { booleanCheck } from "./checks.ts";

/**
 * The import under way: one row, or none. Within its own transactions accounts and their members come as they
 * are told, and the triggers that give an account its owner stand still. WITHOUT ROWID.
 */
export const imports = sqliteTable(
  "imports",
  {
    /** The export that is imported. */
    exportId: text("export_id").primaryKey(),
    /** How many of its rows are there. */
    position: integer("position").notNull(),
    /** True within a transaction that takes rows, and so for nobody else. */
    taking: integer("taking", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [booleanCheck("imports_taking", table.taking)],
);
