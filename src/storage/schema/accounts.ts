import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { blockingStates, type BlockedFeature, usageEnforcements } from "../../domain/account.ts";
import { plans } from "../../domain/plan.ts";
import type { AccountLimits } from "../../domain/limits.ts";
import type { ImageType } from "../../domain/logo.ts";
import { enumCheck } from "./checks.ts";
import { zones } from "./zones.ts";

export const accounts = sqliteTable(
  "accounts",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    uuid: text("uuid").notNull().unique(),
    /** Lower case, so that the unique index holds without regard to case. */
    slug: text("slug").notNull().unique("accounts_slug"),
    title: text("title").notNull(),
    /** `title` as it is ordered and searched. */
    titleKey: text("title_key").notNull(),
    /** `id`, as an index may hold it: SQLite seeks behind (title, id) in no index that has the key itself. */
    ordinal: integer("ordinal").generatedAlwaysAs(sql`id`, { mode: "virtual" }),
    description: text("description"),
    email: text("email"),
    type: text("type", { enum: plans }).notNull(),
    /** Never changes after creation: the place of the account's usage object depends on it. */
    zoneId: integer("zone_id").references(() => zones.id, { onDelete: "restrict" }),
    /** The user a trigger makes the first owner. No foreign key: the account outlives its maker. */
    createdBy: integer("created_by").notNull(),
    createdAt: integer("created_at").notNull(),
    /** Counts every change, so that a lost update can be told. */
    version: integer("version").notNull().default(1),
    /** Kept by triggers. */
    memberCount: integer("member_count").notNull().default(0),
    maxUsers: integer("max_users"),
    maxKnowledgeBoxes: integer("max_kbs"),
    limits: text("limits", { mode: "json" }).$type<AccountLimits>(),
    usageLimit: integer("usage_limit"),
    usageEnforcement: text("usage_enforcement", { enum: usageEnforcements }).notNull().default("refuse"),
    blockingState: text("blocking_state", { enum: blockingStates }).notNull().default("unblocked"),
    blockedFeatures: text("blocked_features", { mode: "json" })
      .$type<BlockedFeature[]>()
      .notNull()
      .default(sql`'[]'`),
    trialExpiresAt: integer("trial_expires_at"),
    /** Until when the account stands at its limit; mirrored from the usage object. */
    quotaUntil: integer("quota_until"),
    /** Mirrored from the usage object, for lists; never used to decide. */
    currentKnowledgeBoxes: integer("current_kbs").notNull().default(0),
    usage: integer("usage").notNull().default(0),
    /** Start of the calendar month `usage` belongs to. */
    usagePeriod: integer("usage_period"),
    /** The hour that began with an invitation's mail, and how many mails it has seen. */
    invitesSince: integer("invites_since"),
    invitesSent: integer("invites_sent").notNull().default(0),
    idpRoute: text("idp_route"),
    samlDomain: text("saml_domain"),
    samlEntityId: text("saml_entity_id"),
    samlSsoUrl: text("saml_sso_url"),
    samlX509Cert: text("saml_x509_cert"),
    /** SHA-256 of the logo and its media type; null where there is none. */
    logoHash: text("logo_hash"),
    logoType: text("logo_type").$type<ImageType>(),
    /** Which upload brought it: the end of its key in R2. */
    logoUpload: text("logo_upload"),
  },
  (table) => [
    index("accounts_title").on(table.titleKey, table.ordinal),
    index("accounts_zone")
      .on(table.zoneId)
      .where(sql`zone_id is not null`),
    index("accounts_trial_due")
      .on(table.trialExpiresAt)
      .where(sql`trial_expires_at is not null and blocking_state = 'unblocked'`),
    check("accounts_slug_form", sql`slug <> '' and slug not glob '*[^-_a-z0-9]*'`),
    check("accounts_usage_limit_range", sql`usage_limit >= 0`),
    enumCheck("accounts_type", table.type, plans),
    enumCheck("accounts_blocking_state", table.blockingState, blockingStates),
    enumCheck("accounts_usage_enforcement", table.usageEnforcement, usageEnforcements),
  ],
);
