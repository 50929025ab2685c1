import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * One row a change, written in the batch of the change. The ids order all changes; an account's
 * own are found by `account_id`, which is no foreign key: the row of a deletion outlives the account.
 */
export const auditRows = sqliteTable(
  "audit_rows",
  {
    id: integer("id").primaryKey(),
    accountId: integer("account_id"),
    at: integer("at").notNull(),
    /** uuid of who did it. */
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    /** What it was done to, such as `account:{uuid}`. */
    target: text("target").notNull(),
    /** `{field: [before, after]}` of the fields that changed, secrets left out. */
    changes: text("changes", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    requestId: text("request_id").notNull(),
  },
  (table) => [
    index("audit_rows_account")
      .on(table.accountId)
      .where(sql`account_id is not null`),
  ],
);
