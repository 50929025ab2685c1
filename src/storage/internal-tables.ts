/** Tables for the service's own work: jobs, counters, assertions and the running import. */
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Deleted accounts whose data in R2 and in the usage object is still to be removed. */
export const erasures = sqliteTable(
  "erasures",
  {
    accountUuid: text("account_uuid").primaryKey(),
    accountId: integer("account_id").notNull(),
    /** When the job was last queued. */
    askedAt: integer("asked_at").notNull(),
  },
  (table) => [index("erasures_asked").on(table.askedAt)],
);

/** Row counts of the platform-wide lists, maintained by triggers so that no query counts rows. */
export const counters = sqliteTable("counters", {
  name: text("name").primaryKey(),
  value: integer("value").notNull(),
});

/**
 * Assertions inside a batch: a trigger aborts the batch with the error `name` unless `holds` is true. The trigger
 * stores no row, so the table is always empty.
 */
export const preconditions = sqliteTable("preconditions", {
  name: text("name").notNull(),
  holds: integer("holds", { mode: "boolean" }).notNull(),
});

/**
 * The running import: one row or none. Within its transactions the triggers that give an account its owner are
 * disabled, because memberships are imported after accounts.
 */
export const imports = sqliteTable(
  "imports",
  {
    /** Id of the imported export. */
    exportId: text("export_id").primaryKey(),
    /** Number of rows imported so far. */
    position: integer("position").notNull(),
    /** True only within a transaction of the import, so other transactions never see it. */
    taking: integer("taking", { mode: "boolean" }).notNull().default(false),
  },
  () => [check("imports_taking", sql`taking in (0, 1)`)],
);
