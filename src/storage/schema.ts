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

import {
  accountRoles,
  type BlockedFeature,
  blockingStates,
  invitationStates,
  usageEnforcements,
} from "../domain/account.ts";
import type { AccountLimits } from "../domain/limits.ts";
import type { ImageType } from "../domain/logo.ts";
import { plans } from "../domain/plan.ts";
import { languages, userTypes } from "../domain/user.ts";
import { cloudProviders, locationHints } from "../domain/zone.ts";

export function booleanCheck(name: string, column: SQLiteColumn) {
  return check(name, sql.raw(`${column.name} in (0, 1)`));
}

export function enumCheck(name: string, column: SQLiteColumn, values: readonly string[]) {
  const list = values.map((value) => `'${value}'`).join(", ");
  return check(name, sql.raw(`${column.name} in (${list})`));
}

export const zones = sqliteTable(
  "zones",
  {
    id: integer("id").primaryKey(),
    uuid: text("uuid").notNull().unique(),
    slug: text("slug").notNull().unique(),
    title: text("title").notNull(),
    cloudProvider: text("cloud_provider", { enum: cloudProviders }).notNull(),
    private: integer("private", { mode: "boolean" }).notNull().default(false),
    origin: text("origin"),
    locationHint: text("location_hint", { enum: locationHints }),
  },
  (table) => [
    enumCheck("zones_cloud_provider", table.cloudProvider, cloudProviders),
    enumCheck("zones_location_hint", table.locationHint, locationHints),
    booleanCheck("zones_private", table.private),
  ],
);

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

export const groups = sqliteTable("groups", {
  id: integer("id").primaryKey(),
  name: text("name").notNull().unique(),
});

/** WITHOUT ROWID. */
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

/** WITHOUT ROWID. */
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

/** Accounts deleted here whose bytes elsewhere (R2, the usage object) are still to be removed. WITHOUT ROWID. */
export const erasures = sqliteTable(
  "erasures",
  {
    accountUuid: text("account_uuid").primaryKey(),
    accountId: integer("account_id").notNull(),
    /** When the queue was last asked for it. */
    askedAt: integer("asked_at").notNull(),
  },
  (table) => [index("erasures_asked").on(table.askedAt)],
);

/** How many rows the platform-wide lists have, kept by triggers so that no list counts. WITHOUT ROWID. */
export const counters = sqliteTable("counters", {
  name: text("name").primaryKey(),
  value: integer("value").notNull(),
});

/**
 * What must still hold when a batch runs: a row that does not `hold` aborts the batch with `name`
 * as the error, one that does is not stored. Always empty.
 */
export const preconditions = sqliteTable("preconditions", {
  name: text("name").notNull(),
  holds: integer("holds", { mode: "boolean" }).notNull(),
});

/**
 * The import under way: one row, or none. Within its own transactions accounts and their members come as they
 * are told, and the triggers that give an account its owner stand still. WITHOUT ROWID.
 */
export const imports = sqliteTable(
  "imports",
  {
    /** The export that is imported. */
    exportId: text("export_id").primaryKey(),
    /** How many of its rows are there. */
    position: integer("position").notNull(),
    /** True within a transaction that takes rows, and so for nobody else. */
    taking: integer("taking", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [booleanCheck("imports_taking", table.taking)],
);
