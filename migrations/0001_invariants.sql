-- What must hold whatever a statement says. Each refusal's message is a code the service knows.

-- A precondition that holds is not stored; one that does not aborts its whole batch under its name.
CREATE TRIGGER preconditions_hold BEFORE INSERT ON preconditions
BEGIN
  SELECT CASE WHEN NEW.holds THEN RAISE(IGNORE) ELSE RAISE(ABORT, NEW.name) END;
END;
--> statement-breakpoint

CREATE VIEW active_owners AS
  SELECT memberships.account_id, memberships.user_id
  FROM memberships JOIN users ON users.id = memberships.user_id
  WHERE memberships.role = 'AOWNER' AND users.is_active = 1;
--> statement-breakpoint

-- INSERT OR REPLACE deletes the row in its way without firing that row's triggers, so no insert or
-- update gets as far as replacing: the BEFORE trigger sees the conflict first.
CREATE TRIGGER accounts_insert_never_replaces BEFORE INSERT ON accounts
WHEN EXISTS (SELECT 1 FROM accounts WHERE slug = NEW.slug)
  OR EXISTS (SELECT 1 FROM accounts WHERE uuid = NEW.uuid)
  OR EXISTS (SELECT 1 FROM accounts WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'slug_taken');
END;
--> statement-breakpoint
CREATE TRIGGER accounts_update_never_replaces BEFORE UPDATE OF slug ON accounts
WHEN EXISTS (SELECT 1 FROM accounts WHERE slug = NEW.slug AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'slug_taken');
END;
--> statement-breakpoint
-- An id can also be set by any of the names of rowid.
CREATE TRIGGER accounts_keep_identity BEFORE UPDATE OF id, rowid, oid, _rowid_, uuid, zone_id, created_at ON accounts
WHEN NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid OR NEW.zone_id IS NOT OLD.zone_id OR NEW.created_at <> OLD.created_at
BEGIN
  SELECT RAISE(ABORT, 'immutable');
END;
--> statement-breakpoint
CREATE TRIGGER users_insert_never_replaces BEFORE INSERT ON users
WHEN EXISTS (SELECT 1 FROM users WHERE uuid = NEW.uuid) OR EXISTS (SELECT 1 FROM users WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'user_exists');
END;
--> statement-breakpoint
CREATE TRIGGER users_keep_identity BEFORE UPDATE OF id, rowid, oid, _rowid_, uuid ON users
WHEN NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid
BEGIN
  SELECT RAISE(ABORT, 'immutable');
END;
--> statement-breakpoint
CREATE TRIGGER memberships_insert_never_replaces BEFORE INSERT ON memberships
WHEN EXISTS (SELECT 1 FROM memberships WHERE user_id = NEW.user_id AND account_id = NEW.account_id)
  OR EXISTS (SELECT 1 FROM memberships WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'member_exists');
END;
--> statement-breakpoint
CREATE TRIGGER memberships_keep_identity BEFORE UPDATE OF id, rowid, oid, _rowid_, account_id, user_id ON memberships
WHEN NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id OR NEW.user_id <> OLD.user_id
BEGIN
  SELECT RAISE(ABORT, 'immutable');
END;
--> statement-breakpoint

-- An account is never without an active owner: it is born with one …
CREATE TRIGGER accounts_born_with_owner AFTER INSERT ON accounts
BEGIN
  INSERT INTO memberships (account_id, user_id, role, created_at)
  VALUES (NEW.id, NEW.created_by, 'AOWNER', NEW.created_at);
END;
--> statement-breakpoint
-- … and nothing takes the last one away. Statement by statement, row by row: in a batch,
-- promotions come first, then demotions, then deletions. An account that is itself being deleted
-- is gone by the time its memberships follow, so its cascade passes.
CREATE TRIGGER memberships_insert_keeps_owner AFTER INSERT ON memberships
WHEN NOT EXISTS (SELECT 1 FROM active_owners WHERE account_id = NEW.account_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER memberships_demotion_keeps_owner AFTER UPDATE OF role ON memberships
WHEN OLD.role = 'AOWNER' AND NEW.role <> 'AOWNER'
  AND NOT EXISTS (SELECT 1 FROM active_owners WHERE account_id = NEW.account_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER memberships_deletion_keeps_owner AFTER DELETE ON memberships
WHEN OLD.role = 'AOWNER'
  AND EXISTS (SELECT 1 FROM accounts WHERE id = OLD.account_id)
  AND NOT EXISTS (SELECT 1 FROM active_owners WHERE account_id = OLD.account_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER users_deactivation_keeps_owner AFTER UPDATE OF is_active ON users
WHEN OLD.is_active = 1 AND NEW.is_active = 0
  AND EXISTS (
    SELECT 1 FROM memberships
    WHERE memberships.user_id = NEW.id AND memberships.role = 'AOWNER'
      AND NOT EXISTS (SELECT 1 FROM active_owners WHERE active_owners.account_id = memberships.account_id)
  )
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint

-- Counts that lists and seats need, so that nothing counts by reading.
CREATE TRIGGER memberships_insert_counts AFTER INSERT ON memberships
BEGIN
  UPDATE accounts SET member_count = member_count + 1 WHERE id = NEW.account_id;
  UPDATE counters SET value = value + 1 WHERE name = 'memberships';
END;
--> statement-breakpoint
CREATE TRIGGER memberships_deletion_counts AFTER DELETE ON memberships
BEGIN
  UPDATE accounts SET member_count = member_count - 1 WHERE id = OLD.account_id;
  UPDATE counters SET value = value - 1 WHERE name = 'memberships';
END;
--> statement-breakpoint
CREATE TRIGGER accounts_insert_counts AFTER INSERT ON accounts
BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'accounts';
END;
--> statement-breakpoint
CREATE TRIGGER accounts_deletion_counts AFTER DELETE ON accounts
BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'accounts';
END;
--> statement-breakpoint
CREATE TRIGGER users_insert_counts AFTER INSERT ON users
BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'users';
END;
--> statement-breakpoint
CREATE TRIGGER users_deletion_counts AFTER DELETE ON users
BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'users';
END;
--> statement-breakpoint
INSERT INTO counters (name, value) VALUES ('accounts', 0), ('memberships', 0), ('users', 0);
