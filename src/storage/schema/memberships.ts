import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

import { accountRoles } from "../../domain/account.ts";
import { enumCheck } from "./checks.ts";
import { accounts } from "./accounts.ts";
import { users } from "./users.ts";

export const memberships = sqliteTable(
  "memberships",
  {
    id: integer("id").primaryKey(),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade" }),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text("role", { enum: accountRoles }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("memberships_user_account").on(table.userId, table.accountId),
    /** An account's members in the order of their ids, which every index carries last. */
    index("memberships_account").on(table.accountId),
    index("memberships_owners")
      .on(table.accountId, table.userId)
      .where(sql`role = 'AOWNER'`),
    enumCheck("memberships_role", table.role, accountRoles),
  ],
);
