import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { users } from "./users.ts";

/** Answers kept for repeated creating requests of one user. WITHOUT ROWID. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    operation: text("operation").notNull(),
    key: text("key").notNull(),
    /** SHA-256 of the request's parsed values. */
    requestHash: text("request_hash").notNull(),
    /** What the use case answered, as JSON; stored in the batch of what it did. */
    answer: text("answer").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.operation, table.key] }),
    index("idempotency_keys_age").on(table.createdAt),
  ],
);
