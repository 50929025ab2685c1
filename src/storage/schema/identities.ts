import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { users } from "./users.ts";

/** What a token's (`iss`, `sub`) stands for. WITHOUT ROWID. */
export const identities = sqliteTable(
  "identities",
  {
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Tokens issued up to then are refused: they belonged to a user who was deleted. */
    tokensAfter: integer("tokens_after"),
  },
  (table) => [
    primaryKey({ columns: [table.issuer, table.subject] }),
    index("identities_user").on(table.userId),
  ],
);

/** Identities of deleted users, as SHA-256 of `iss` NUL `sub`: tokens issued before are refused. WITHOUT ROWID. */
export const deletedIdentities = sqliteTable("deleted_identities", {
  hash: text("hash").primaryKey(),
  deletedAt: integer("deleted_at").notNull(),
});
