import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { users } from "./users.ts";

/** WITHOUT ROWID. */
export const personalAccessTokens = sqliteTable(
  "personal_access_tokens",
  {
    id: text("id").primaryKey(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    description: text("description").notNull(),
    /** SHA-256 of the secret. */
    secretHash: text("secret_hash").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [index("personal_access_tokens_user").on(table.userId)],
);
