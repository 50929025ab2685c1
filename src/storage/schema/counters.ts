import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** How many rows the platform-wide lists have, kept by triggers so that no list counts. WITHOUT ROWID. */
export const counters = sqliteTable("counters", {
  name: text("name").primaryKey(),
  value: integer("value").notNull(),
});
