CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uuid` text NOT NULL,
	`slug` text NOT NULL,
	`title` text NOT NULL,
	`title_key` text NOT NULL,
	`ordinal` integer GENERATED ALWAYS AS (id) VIRTUAL,
	`description` text,
	`email` text,
	`type` text NOT NULL,
	`zone_id` integer,
	`created_by` integer NOT NULL,
	`created_at` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`member_count` integer DEFAULT 0 NOT NULL,
	`max_users` integer,
	`max_kbs` integer,
	`limits` text,
	`usage_limit` integer,
	`usage_enforcement` text DEFAULT 'refuse' NOT NULL,
	`blocking_state` text DEFAULT 'unblocked' NOT NULL,
	`blocked_features` text DEFAULT '[]' NOT NULL,
	`trial_expires_at` integer,
	`quota_until` integer,
	`current_kbs` integer DEFAULT 0 NOT NULL,
	`usage` integer DEFAULT 0 NOT NULL,
	`usage_period` integer,
	`invites_since` integer,
	`invites_sent` integer DEFAULT 0 NOT NULL,
	`idp_route` text,
	`saml_domain` text,
	`saml_entity_id` text,
	`saml_sso_url` text,
	`saml_x509_cert` text,
	`logo_hash` text,
	`logo_type` text,
	`logo_upload` text,
	FOREIGN KEY (`type`) REFERENCES `plans`(`slug`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`zone_id`) REFERENCES `zones`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`usage_enforcement`) REFERENCES `usage_enforcements`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`blocking_state`) REFERENCES `blocking_states`(`name`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "accounts_slug_form" CHECK(slug <> '' and slug not glob '*[^-_a-z0-9]*'),
	CONSTRAINT "accounts_usage_limit_range" CHECK(usage_limit >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_uuid_unique` ON `accounts` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_slug` ON `accounts` (`slug`);--> statement-breakpoint
CREATE INDEX `accounts_title` ON `accounts` (`title_key`,`ordinal`);--> statement-breakpoint
CREATE INDEX `accounts_zone` ON `accounts` (`zone_id`) WHERE zone_id is not null;--> statement-breakpoint
CREATE INDEX `accounts_trial_due` ON `accounts` (`trial_expires_at`) WHERE trial_expires_at is not null and blocking_state = 'unblocked';--> statement-breakpoint
CREATE TABLE `audit_rows` (
	`id` integer PRIMARY KEY NOT NULL,
	`account_id` integer,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`changes` text NOT NULL,
	`request_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_rows_account` ON `audit_rows` (`account_id`) WHERE account_id is not null;--> statement-breakpoint
CREATE TABLE `counters` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `deleted_identities` (
	`hash` text PRIMARY KEY NOT NULL,
	`deleted_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `erasures` (
	`account_uuid` text PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`asked_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `erasures_asked` ON `erasures` (`asked_at`);--> statement-breakpoint
CREATE TABLE `group_permissions` (
	`group_id` integer NOT NULL,
	`permission` text NOT NULL,
	PRIMARY KEY(`group_id`, `permission`),
	FOREIGN KEY (`group_id`) REFERENCES `groups`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `groups` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `groups_name_unique` ON `groups` (`name`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`user_id` integer NOT NULL,
	`operation` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`answer` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `operation`, `key`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_keys_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `identities` (
	`issuer` text NOT NULL,
	`subject` text NOT NULL,
	`user_id` integer NOT NULL,
	`tokens_after` integer,
	PRIMARY KEY(`issuer`, `subject`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `identities_user` ON `identities` (`user_id`);--> statement-breakpoint
CREATE TABLE `imports` (
	`export_id` text PRIMARY KEY NOT NULL,
	`position` integer NOT NULL,
	`taking` integer DEFAULT false NOT NULL,
	CONSTRAINT "imports_taking" CHECK(taking in (0, 1))
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `invites` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`account_id` integer NOT NULL,
	`email` text NOT NULL,
	`email_key` text NOT NULL,
	`role` text NOT NULL,
	`invited_by` integer,
	`state` text DEFAULT 'pending' NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`sent_at` integer NOT NULL,
	`valid_until` integer NOT NULL,
	`mailed_at` integer,
	`mail_again_at` integer,
	`accepted_by` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`role`) REFERENCES `account_roles`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`invited_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`state`) REFERENCES `invitation_states`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`accepted_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invites_uuid_unique` ON `invites` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `invites_pending` ON `invites` (`account_id`,`email_key`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `invites_valid` ON `invites` (`account_id`,`valid_until`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `invites_account` ON `invites` (`account_id`);--> statement-breakpoint
CREATE INDEX `invites_address` ON `invites` (`email_key`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `invites_unmailed` ON `invites` (`mail_again_at`) WHERE state = 'pending' and mail_again_at is not null;--> statement-breakpoint
CREATE INDEX `invites_end` ON `invites` (`valid_until`);--> statement-breakpoint
CREATE INDEX `invites_inviter` ON `invites` (`invited_by`);--> statement-breakpoint
CREATE INDEX `invites_acceptor` ON `invites` (`accepted_by`) WHERE accepted_by is not null;--> statement-breakpoint
CREATE TABLE `mailed_addresses` (
	`day` integer NOT NULL,
	`email_key` text NOT NULL,
	`mails` integer NOT NULL,
	PRIMARY KEY(`day`, `email_key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `memberships` (
	`id` integer PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`role`) REFERENCES `account_roles`(`name`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `memberships_user_account` ON `memberships` (`user_id`,`account_id`);--> statement-breakpoint
CREATE INDEX `memberships_account` ON `memberships` (`account_id`);--> statement-breakpoint
CREATE INDEX `memberships_owners` ON `memberships` (`account_id`,`user_id`) WHERE role = 'AOWNER';--> statement-breakpoint
CREATE TABLE `personal_access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`description` text NOT NULL,
	`secret_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `personal_access_tokens_user` ON `personal_access_tokens` (`user_id`);--> statement-breakpoint
CREATE TABLE `preconditions` (
	`name` text NOT NULL,
	`holds` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `user_groups` (
	`user_id` integer NOT NULL,
	`group_id` integer NOT NULL,
	PRIMARY KEY(`user_id`, `group_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`group_id`) REFERENCES `groups`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `user_groups_group` ON `user_groups` (`group_id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uuid` text NOT NULL,
	`email` text DEFAULT '' NOT NULL,
	`email_key` text DEFAULT '' NOT NULL,
	`verified_email` text,
	`first_name` text DEFAULT '' NOT NULL,
	`last_name` text DEFAULT '' NOT NULL,
	`search_text` text DEFAULT '' NOT NULL,
	`is_active` integer DEFAULT true NOT NULL,
	`type` text DEFAULT 'USER' NOT NULL,
	`language` text,
	`avatar` text,
	`consent_given` integer DEFAULT false NOT NULL,
	`consent_at` integer,
	`last_login` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`type`) REFERENCES `user_types`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`language`) REFERENCES `languages`(`name`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "users_is_active" CHECK(is_active in (0, 1)),
	CONSTRAINT "users_consent_given" CHECK(consent_given in (0, 1))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_uuid_unique` ON `users` (`uuid`);--> statement-breakpoint
CREATE INDEX `users_email_key` ON `users` (`email_key`);--> statement-breakpoint
CREATE INDEX `users_verified_elsewhere` ON `users` (`verified_email`) WHERE verified_email <> email_key;--> statement-breakpoint
CREATE TABLE `zones` (
	`id` integer PRIMARY KEY NOT NULL,
	`uuid` text NOT NULL,
	`slug` text NOT NULL,
	`title` text NOT NULL,
	`cloud_provider` text NOT NULL,
	`private` integer DEFAULT false NOT NULL,
	`origin` text,
	`location_hint` text,
	FOREIGN KEY (`cloud_provider`) REFERENCES `cloud_providers`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`location_hint`) REFERENCES `location_hints`(`name`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "zones_private" CHECK(private in (0, 1))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `zones_uuid_unique` ON `zones` (`uuid`);--> statement-breakpoint
CREATE UNIQUE INDEX `zones_slug_unique` ON `zones` (`slug`);--> statement-breakpoint
CREATE TABLE `account_roles` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `blocking_states` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `cloud_providers` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `invitation_states` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `languages` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `location_hints` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `plans` (
	`slug` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `usage_enforcements` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `user_types` (
	`name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
