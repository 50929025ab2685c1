CREATE TABLE `mailed_addresses` (
	`day` integer NOT NULL,
	`email_key` text NOT NULL,
	`mails` integer NOT NULL,
	PRIMARY KEY(`day`, `email_key`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `accounts` ADD `invites_since` integer;--> statement-breakpoint
ALTER TABLE `accounts` ADD `invites_sent` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `invites` ADD `mail_again_at` integer;--> statement-breakpoint
CREATE INDEX `invites_unmailed` ON `invites` (`mail_again_at`) WHERE state = 'pending' and mail_again_at is not null;--> statement-breakpoint
CREATE INDEX `invites_end` ON `invites` (`valid_until`);