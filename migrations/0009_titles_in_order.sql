-- A page of all accounts begins behind a title and an id. SQLite seeks by both only in columns of the index that are
-- not the key itself: else it reads again all accounts that share the title.
DROP INDEX `accounts_title`;--> statement-breakpoint
ALTER TABLE `accounts` ADD `ordinal` integer GENERATED ALWAYS AS (id) VIRTUAL;--> statement-breakpoint
CREATE INDEX `accounts_title` ON `accounts` (`title_key`,`ordinal`);