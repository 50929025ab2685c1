import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

import { accountRoles, invitationStates } from "../../domain/account.ts";
import { enumCheck } from "./checks.ts";
import { accounts } from "./accounts.ts";
import { users } from "./users.ts";

export const invites = sqliteTable(
  "invites",
  {
    id: integer("id").primaryKey(),
    uuid: text("uuid").notNull().unique(),
    accountId: integer("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade" }),
    email: text("email").notNull(),
    emailKey: text("email_key").notNull(),
    role: text("role", { enum: accountRoles }).notNull(),
    invitedBy: integer("invited_by").references(() => users.id, { onDelete: "set null" }),
    state: text("state", { enum: invitationStates }).notNull().default("pending"),
    /** Moves with every resend; the secret is made from it, so an older one stops working. */
    version: integer("version").notNull().default(1),
    sentAt: integer("sent_at").notNull(),
    validUntil: integer("valid_until").notNull(),
    /** When the mail of this version left; null until then. */
    mailedAt: integer("mailed_at"),
    /** When the queue is asked once more for a mail that has not left; null when it need not be. */
    mailAgainAt: integer("mail_again_at"),
    acceptedBy: integer("accepted_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("invites_pending")
      .on(table.accountId, table.emailKey)
      .where(sql`state = 'pending'`),
    index("invites_valid")
      .on(table.accountId, table.validUntil)
      .where(sql`state = 'pending'`),
    index("invites_account").on(table.accountId),
    index("invites_address")
      .on(table.emailKey)
      .where(sql`state = 'pending'`),
    index("invites_unmailed")
      .on(table.mailAgainAt)
      .where(sql`state = 'pending' and mail_again_at is not null`),
    /** Those long over are deleted. */
    index("invites_end").on(table.validUntil),
    index("invites_inviter").on(table.invitedBy),
    index("invites_acceptor")
      .on(table.acceptedBy)
      .where(sql`accepted_by is not null`),
    enumCheck("invites_role", table.role, accountRoles),
    enumCheck("invites_state", table.state, invitationStates),
  ],
);

/**
 * How many mails an address was sent on a day. By itself, so that neither a deleted account nor a
 * deleted invitation takes it along. WITHOUT ROWID.
 */
export const mailedAddresses = sqliteTable(
  "mailed_addresses",
  {
    /** Whole days since the epoch, UTC. */
    day: integer("day").notNull(),
    emailKey: text("email_key").notNull(),
    mails: integer("mails").notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.emailKey] })],
);
