/**
 * Tables of accounts and users. `reference-tables.ts` has the tables of allowed values, `internal-tables.ts` those
 * for the service's own work.
 *
 * drizzle-kit cannot express WITHOUT ROWID. Migrations add it by hand to every table whose primary key is text or has
 * several columns; a test checks it.
 */
import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
  primaryKey,
  type SQLiteColumn,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

import type { BlockedFeature } from "../domain/account.ts";
import type { ImageType } from "../domain/logo.ts";
import type { AccountLimits } from "../domain/plan.ts";
import {
  accountRoleTable,
  blockingStateTable,
  cloudProviderTable,
  invitationStateTable,
  languageTable,
  locationHintTable,
  oneOf,
  planTable,
  usageEnforcementTable,
  userTypeTable,
} from "./reference-tables.ts";

function booleanCheck(name: string, column: SQLiteColumn) {
  return check(name, sql.raw(`${column.name} in (0, 1)`));
}

export const zones = sqliteTable(
  "zones",
  {
    id: integer("id").primaryKey(),
    uuid: text("uuid").notNull().unique(),
    slug: text("slug").notNull().unique(),
    title: text("title").notNull(),
    cloudProvider: oneOf("cloud_provider", cloudProviderTable.name).notNull(),
    private: integer("private", { mode: "boolean" }).notNull().default(false),
    origin: text("origin"),
    locationHint: oneOf("location_hint", locationHintTable.name),
  },
  (table) => [booleanCheck("zones_private", table.private)],
);

export const users = sqliteTable(
  "users",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    uuid: text("uuid").notNull().unique(),
    email: text("email").notNull().default(""),
    /** Normalized `email`. Not unique: a user is identified by their rows in `identities`. */
    emailKey: text("email_key").notNull().default(""),
    /** Normalized address that a trusted issuer last verified; users cannot edit it. */
    verifiedEmail: text("verified_email"),
    firstName: text("first_name").notNull().default(""),
    lastName: text("last_name").notNull().default(""),
    /** Searchable address and names, one a line; built by `domain/search.ts`. */
    searchText: text("search_text").notNull().default(""),
    isActive: integer("is_active", { mode: "boolean" }).notNull().default(true),
    type: oneOf("type", userTypeTable.name).notNull().default("USER"),
    language: oneOf("language", languageTable.name),
    avatar: text("avatar"),
    consentGiven: integer("consent_given", { mode: "boolean" }).notNull().default(false),
    consentAt: integer("consent_at"),
    lastLogin: integer("last_login"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    index("users_email_key").on(table.emailKey),
    /** Only users whom `users_email_key` cannot find, so that most rows write no index entry. */
    index("users_verified_elsewhere")
      .on(table.verifiedEmail)
      .where(sql`verified_email <> email_key`),
    booleanCheck("users_is_active", table.isActive),
    booleanCheck("users_consent_given", table.consentGiven),
  ],
);

export const groups = sqliteTable("groups", {
  id: integer("id").primaryKey(),
  name: text("name").notNull().unique(),
});

export const groupPermissions = sqliteTable(
  "group_permissions",
  {
    groupId: integer("group_id")
      .notNull()
      .references(() => groups.id, { onDelete: "cascade" }),
    permission: text("permission").notNull(),
  },
  (table) => [primaryKey({ columns: [table.groupId, table.permission] })],
);

export const userGroups = sqliteTable(
  "user_groups",
  {
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    groupId: integer("group_id")
      .notNull()
      .references(() => groups.id, { onDelete: "cascade" }),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.groupId] }),
    index("user_groups_group").on(table.groupId),
  ],
);

/** Maps a token's (`iss`, `sub`) to a user. */
export const identities = sqliteTable(
  "identities",
  {
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    userId: integer("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Tokens issued up to this time are refused: they belonged to a deleted user. */
    tokensAfter: integer("tokens_after"),
  },
  (table) => [
    primaryKey({ columns: [table.issuer, table.subject] }),
    index("identities_user").on(table.userId),
  ],
);

/** Identities of deleted users. Tokens issued before the deletion are refused. */
export const deletedIdentities = sqliteTable("deleted_identities", {
  hash: text("hash").primaryKey(),
  deletedAt: integer("deleted_at").notNull(),
});

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

/** Results of a user's creating requests, returned again when a request is repeated. */
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
    /** The use case's result as JSON, stored in the same batch as its changes. */
    answer: text("answer").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.operation, table.key] }),
    index("idempotency_keys_age").on(table.createdAt),
  ],
);

export const accounts = sqliteTable(
  "accounts",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    uuid: text("uuid").notNull().unique(),
    /** Lower case, so that the unique index ignores case. */
    slug: text("slug").notNull().unique("accounts_slug"),
    title: text("title").notNull(),
    /** Normalized `title`, for ordering and search. */
    titleKey: text("title_key").notNull(),
    /** Copy of `id` for `accounts_title`: SQLite cannot seek to (title, id) if the index holds the key itself. */
    ordinal: integer("ordinal").generatedAlwaysAs(sql`id`, { mode: "virtual" }),
    description: text("description"),
    email: text("email"),
    type: oneOf("type", planTable.slug).notNull(),
    /** Never changes after creation: it decides where the account's usage object runs. */
    zoneId: integer("zone_id").references(() => zones.id, { onDelete: "restrict" }),
    /** A trigger makes this user the first owner. No foreign key: the account outlives its creator. */
    createdBy: integer("created_by").notNull(),
    createdAt: integer("created_at").notNull(),
    /** Incremented by every change, to detect lost updates. */
    version: integer("version").notNull().default(1),
    /** Maintained by triggers. */
    memberCount: integer("member_count").notNull().default(0),
    maxUsers: integer("max_users"),
    maxKnowledgeBoxes: integer("max_kbs"),
    limits: text("limits", { mode: "json" }).$type<AccountLimits>(),
    usageLimit: integer("usage_limit"),
    usageEnforcement: oneOf("usage_enforcement", usageEnforcementTable.name).notNull().default("refuse"),
    blockingState: oneOf("blocking_state", blockingStateTable.name).notNull().default("unblocked"),
    blockedFeatures: text("blocked_features", { mode: "json" })
      .$type<BlockedFeature[]>()
      .notNull()
      .default(sql`'[]'`),
    trialExpiresAt: integer("trial_expires_at"),
    /** End of the period in which the usage limit is reached; mirrored from the usage object. */
    quotaUntil: integer("quota_until"),
    /** Mirrored from the usage object for lists only; decisions never use it. */
    currentKnowledgeBoxes: integer("current_kbs").notNull().default(0),
    usage: integer("usage").notNull().default(0),
    /** Start of the calendar month that `usage` belongs to. */
    usagePeriod: integer("usage_period"),
    /** Start of the current hour of invitation mails, and the number of mails sent in it. */
    invitesSince: integer("invites_since"),
    invitesSent: integer("invites_sent").notNull().default(0),
    idpRoute: text("idp_route"),
    samlDomain: text("saml_domain"),
    samlEntityId: text("saml_entity_id"),
    samlSsoUrl: text("saml_sso_url"),
    samlX509Cert: text("saml_x509_cert"),
    /** SHA-256 of the logo, and its media type; null without a logo. */
    logoHash: text("logo_hash"),
    logoType: text("logo_type").$type<ImageType>(),
    /** Id of the upload: the last part of the logo's key in R2. */
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
  ],
);

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
    role: oneOf("role", accountRoleTable.name).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("memberships_user_account").on(table.userId, table.accountId),
    /** Returns members ordered by id: every index ends with the row's id. */
    index("memberships_account").on(table.accountId),
    index("memberships_owners")
      .on(table.accountId, table.userId)
      .where(sql`role = 'AOWNER'`),
  ],
);

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
    role: oneOf("role", accountRoleTable.name).notNull(),
    invitedBy: integer("invited_by").references(() => users.id, { onDelete: "set null" }),
    state: oneOf("state", invitationStateTable.name).notNull().default("pending"),
    /** Incremented by every resend. The secret is derived from it, so older links stop working. */
    version: integer("version").notNull().default(1),
    sentAt: integer("sent_at").notNull(),
    validUntil: integer("valid_until").notNull(),
    /** When the mail of this version was sent; null until then. */
    mailedAt: integer("mailed_at"),
    /** When an unsent mail is queued again; null if none is waiting. */
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
    /** For the deletion of old invitations. */
    index("invites_end").on(table.validUntil),
    index("invites_inviter").on(table.invitedBy),
    index("invites_acceptor")
      .on(table.acceptedBy)
      .where(sql`accepted_by is not null`),
  ],
);

/** Number of mails sent to an address on a day. No foreign key: it outlives accounts and invitations. */
export const mailedAddresses = sqliteTable(
  "mailed_addresses",
  {
    /** Days since the epoch, UTC. */
    day: integer("day").notNull(),
    emailKey: text("email_key").notNull(),
    mails: integer("mails").notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.emailKey] })],
);

/**
 * One row for each change, written in the same batch. Ids order all changes. `account_id` is no foreign key: the
 * row of a deletion outlives the account.
 */
export const auditRows = sqliteTable(
  "audit_rows",
  {
    id: integer("id").primaryKey(),
    accountId: integer("account_id"),
    at: integer("at").notNull(),
    /** uuid of the user who made the change. */
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    /** Changed object, such as `account:{uuid}`. */
    target: text("target").notNull(),
    /** `{field: [before, after]}` of the changed fields, without secrets. */
    changes: text("changes", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    requestId: text("request_id").notNull(),
  },
  (table) => [
    index("audit_rows_account")
      .on(table.accountId)
      .where(sql`account_id is not null`),
  ],
);
