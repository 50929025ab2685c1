import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { languages, userTypes } from "../../domain/user.ts";
import { enumCheck, booleanCheck } from "./checks.ts";

export const users = sqliteTable(
  "users",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    uuid: text("uuid").notNull().unique(),
    email: text("email").notNull().default(""),
    /** `email` in its normal form. Not unique: users are told apart by their identities. */
    emailKey: text("email_key").notNull().default(""),
    /** The normal form of the address a trusted issuer last vouched for; no one can edit it. */
    verifiedEmail: text("verified_email"),
    firstName: text("first_name").notNull().default(""),
    lastName: text("last_name").notNull().default(""),
    /** Address and names as they are searched, a line each; `domain/search.ts` makes it. */
    searchText: text("search_text").notNull().default(""),
    isActive: integer("is_active", { mode: "boolean" }).notNull().default(true),
    type: text("type", { enum: userTypes }).notNull().default("USER"),
    language: text("language", { enum: languages }),
    avatar: text("avatar"),
    consentGiven: integer("consent_given", { mode: "boolean" }).notNull().default(false),
    consentAt: integer("consent_at"),
    lastLogin: integer("last_login"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    index("users_email_key").on(table.emailKey),
    /** Only those whom `users_email_key` does not find by it: for all others a row costs no more. */
    index("users_verified_elsewhere")
      .on(table.verifiedEmail)
      .where(sql`verified_email <> email_key`),
    enumCheck("users_type", table.type, userTypes),
    enumCheck("users_language", table.language, languages),
    booleanCheck("users_is_active", table.isActive),
    booleanCheck("users_consent_given", table.consentGiven),
  ],
);
