CREATE TABLE `imports` (
	`export_id` text PRIMARY KEY NOT NULL,
	`position` integer NOT NULL,
	`taking` integer DEFAULT false NOT NULL,
	CONSTRAINT "imports_taking" CHECK(taking in (0, 1))
) WITHOUT ROWID;
--> statement-breakpoint
-- In an import accounts come first and their members after them, each with the id it had: an owner made here
-- would be one too many, and a member may come before the owner does. The import ends only when every account
-- has an active owner. Whoever else makes an account meanwhile owns it as ever: only within the transactions of
-- the import itself is there a row that is taking.
DROP TRIGGER accounts_born_with_owner;
--> statement-breakpoint
CREATE TRIGGER accounts_born_with_owner AFTER INSERT ON accounts
WHEN NOT EXISTS (SELECT 1 FROM imports WHERE taking)
BEGIN
  INSERT INTO memberships (account_id, user_id, role, created_at)
  VALUES (NEW.id, NEW.created_by, 'AOWNER', NEW.created_at);
END;
--> statement-breakpoint
DROP TRIGGER memberships_insert_keeps_owner;
--> statement-breakpoint
CREATE TRIGGER memberships_insert_keeps_owner AFTER INSERT ON memberships
WHEN NOT EXISTS (SELECT 1 FROM active_owners WHERE account_id = NEW.account_id)
  AND NOT EXISTS (SELECT 1 FROM imports WHERE taking)
BEGIN
  -- contract: it refuses less than the one of the same name, which refuses since 0001_invariants
  SELECT RAISE(ABORT, 'last_owner');
END;
