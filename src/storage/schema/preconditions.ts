import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * What must still hold when a batch runs: a row that does not `hold` aborts the batch with `name`
 * as the error, one that does is not stored. Always empty.
 */
export const preconditions = sqliteTable("preconditions", {
  name: text("name").notNull(),
  holds: integer("holds", { mode: "boolean" }).notNull(),
});
