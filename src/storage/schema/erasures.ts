import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Accounts deleted here whose bytes elsewhere (R2, the usage object) are still to be removed. WITHOUT ROWID. */
export const erasures = sqliteTable(
  "erasures",
  {
    accountUuid: text("account_uuid").primaryKey(),
    accountId: integer("account_id").notNull(),
    /** When the queue was last asked for it. */
    askedAt: integer("asked_at").notNull(),
  },
  (table) => [index("erasures_asked").on(table.askedAt)],
);
