-- Triggers, views, search tables and first rows. An error that a trigger raises is an error code of the service.

-- Assertions: a row that holds is not stored, any other aborts the whole batch with its name as the error.
CREATE TRIGGER preconditions_abort_unless_true BEFORE INSERT ON preconditions
BEGIN
  SELECT CASE WHEN NEW.holds THEN RAISE(IGNORE) ELSE RAISE(ABORT, NEW.name) END;
END;
--> statement-breakpoint

-- Duplicates and immutable columns. INSERT OR REPLACE and UPDATE OR REPLACE delete the conflicting row without firing
-- its triggers. These BEFORE triggers detect the conflict first, so no statement replaces a row.
CREATE TRIGGER accounts_insert_rejects_duplicate BEFORE INSERT ON accounts
WHEN EXISTS (SELECT 1 FROM accounts WHERE slug = NEW.slug)
  OR EXISTS (SELECT 1 FROM accounts WHERE uuid = NEW.uuid)
  OR EXISTS (SELECT 1 FROM accounts WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'slug_taken');
END;
--> statement-breakpoint
CREATE TRIGGER accounts_update_rejects_duplicate BEFORE UPDATE OF slug ON accounts
WHEN EXISTS (SELECT 1 FROM accounts WHERE slug = NEW.slug AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'slug_taken');
END;
--> statement-breakpoint
-- A statement can also set the id as rowid, oid or _rowid_.
CREATE TRIGGER accounts_update_rejects_new_identity
BEFORE UPDATE OF id, rowid, oid, _rowid_, uuid, zone_id, created_at ON accounts
WHEN NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid OR NEW.zone_id IS NOT OLD.zone_id OR NEW.created_at <> OLD.created_at
BEGIN
  SELECT RAISE(ABORT, 'immutable');
END;
--> statement-breakpoint
CREATE TRIGGER users_insert_rejects_duplicate BEFORE INSERT ON users
WHEN EXISTS (SELECT 1 FROM users WHERE uuid = NEW.uuid) OR EXISTS (SELECT 1 FROM users WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'user_exists');
END;
--> statement-breakpoint
CREATE TRIGGER users_update_rejects_new_identity BEFORE UPDATE OF id, rowid, oid, _rowid_, uuid ON users
WHEN NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid
BEGIN
  SELECT RAISE(ABORT, 'immutable');
END;
--> statement-breakpoint
CREATE TRIGGER memberships_insert_rejects_duplicate BEFORE INSERT ON memberships
WHEN EXISTS (SELECT 1 FROM memberships WHERE user_id = NEW.user_id AND account_id = NEW.account_id)
  OR EXISTS (SELECT 1 FROM memberships WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'member_exists');
END;
--> statement-breakpoint
CREATE TRIGGER memberships_update_rejects_new_identity
BEFORE UPDATE OF id, rowid, oid, _rowid_, account_id, user_id ON memberships
WHEN NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id OR NEW.user_id <> OLD.user_id
BEGIN
  SELECT RAISE(ABORT, 'immutable');
END;
--> statement-breakpoint
CREATE TRIGGER zones_insert_rejects_duplicate BEFORE INSERT ON zones
WHEN EXISTS (SELECT 1 FROM zones WHERE slug = NEW.slug)
  OR EXISTS (SELECT 1 FROM zones WHERE uuid = NEW.uuid)
  OR EXISTS (SELECT 1 FROM zones WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_slug_taken');
END;
--> statement-breakpoint
CREATE TRIGGER zones_update_rejects_duplicate BEFORE UPDATE OF slug ON zones
WHEN EXISTS (SELECT 1 FROM zones WHERE slug = NEW.slug AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_slug_taken');
END;
--> statement-breakpoint

-- Zones in use. The usage object of an account is created at the location of its zone and never moves.
CREATE TRIGGER zones_update_keeps_location BEFORE UPDATE OF location_hint ON zones
WHEN NEW.location_hint IS NOT OLD.location_hint AND EXISTS (SELECT 1 FROM accounts WHERE zone_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_in_use');
END;
--> statement-breakpoint
-- The foreign key refuses this too, but without an error code.
CREATE TRIGGER zones_delete_keeps_accounts BEFORE DELETE ON zones
WHEN EXISTS (SELECT 1 FROM accounts WHERE zone_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_in_use');
END;
--> statement-breakpoint

-- Owners. Every account has an active owner at all times. The triggers fire for each statement and row, so a batch
-- promotes first, then demotes, then deletes.
CREATE VIEW active_owners AS
  SELECT memberships.account_id, memberships.user_id
  FROM memberships JOIN users ON users.id = memberships.user_id
  WHERE memberships.role = 'AOWNER' AND users.is_active = 1;
--> statement-breakpoint
-- An import inserts the accounts first, then their memberships, and checks for owners at its end. `imports.taking` is
-- true only within a transaction of the import, so the two triggers work as usual for all other transactions.
CREATE TRIGGER accounts_insert_adds_owner AFTER INSERT ON accounts
WHEN NOT EXISTS (SELECT 1 FROM imports WHERE taking)
BEGIN
  INSERT INTO memberships (account_id, user_id, role, created_at)
  VALUES (NEW.id, NEW.created_by, 'AOWNER', NEW.created_at);
END;
--> statement-breakpoint
CREATE TRIGGER memberships_insert_requires_owner AFTER INSERT ON memberships
WHEN NOT EXISTS (SELECT 1 FROM active_owners WHERE account_id = NEW.account_id)
  AND NOT EXISTS (SELECT 1 FROM imports WHERE taking)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER memberships_update_requires_owner AFTER UPDATE OF role ON memberships
WHEN OLD.role = 'AOWNER' AND NEW.role <> 'AOWNER'
  AND NOT EXISTS (SELECT 1 FROM active_owners WHERE account_id = NEW.account_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
-- If the account itself is being deleted, its row is gone before this fires for its memberships.
CREATE TRIGGER memberships_delete_requires_owner AFTER DELETE ON memberships
WHEN OLD.role = 'AOWNER'
  AND EXISTS (SELECT 1 FROM accounts WHERE id = OLD.account_id)
  AND NOT EXISTS (SELECT 1 FROM active_owners WHERE account_id = OLD.account_id)
BEGIN
  SELECT RAISE(ABORT, 'last_owner');
END;
--> statement-breakpoint
CREATE TRIGGER users_update_requires_owner AFTER UPDATE OF is_active ON users
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

-- Counts for lists and seat limits, so that no query counts rows.
INSERT INTO counters (name, value) VALUES ('accounts', 0), ('memberships', 0), ('users', 0);
--> statement-breakpoint
CREATE TRIGGER memberships_insert_updates_counts AFTER INSERT ON memberships
BEGIN
  UPDATE accounts SET member_count = member_count + 1 WHERE id = NEW.account_id;
  UPDATE counters SET value = value + 1 WHERE name = 'memberships';
END;
--> statement-breakpoint
CREATE TRIGGER memberships_delete_updates_counts AFTER DELETE ON memberships
BEGIN
  UPDATE accounts SET member_count = member_count - 1 WHERE id = OLD.account_id;
  UPDATE counters SET value = value - 1 WHERE name = 'memberships';
END;
--> statement-breakpoint
CREATE TRIGGER accounts_insert_updates_counts AFTER INSERT ON accounts
BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'accounts';
END;
--> statement-breakpoint
CREATE TRIGGER accounts_delete_updates_counts AFTER DELETE ON accounts
BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'accounts';
END;
--> statement-breakpoint
CREATE TRIGGER users_insert_updates_counts AFTER INSERT ON users
BEGIN
  UPDATE counters SET value = value + 1 WHERE name = 'users';
END;
--> statement-breakpoint
CREATE TRIGGER users_delete_updates_counts AFTER DELETE ON users
BEGIN
  UPDATE counters SET value = value - 1 WHERE name = 'users';
END;
--> statement-breakpoint

-- Search: trigram indexes without a copy of the text, which is normalized already. Two U+0001, which no stored text
-- contains, precede each field. The trigrams U+0001 U+0001 a and U+0001 a b then find the fields that begin with "a"
-- and "ab". So one index finds terms of three or more characters anywhere, and shorter terms as prefixes.
CREATE VIRTUAL TABLE accounts_search USING fts5 (text, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1');
--> statement-breakpoint
CREATE VIRTUAL TABLE users_search USING fts5 (text, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1');
--> statement-breakpoint
CREATE TRIGGER accounts_insert_updates_search AFTER INSERT ON accounts
BEGIN
  INSERT INTO accounts_search (rowid, text)
  VALUES (NEW.id, char(1, 1) || NEW.title_key || char(10, 1, 1) || NEW.slug);
END;
--> statement-breakpoint
CREATE TRIGGER accounts_update_updates_search AFTER UPDATE OF title_key, slug ON accounts
WHEN NEW.title_key <> OLD.title_key OR NEW.slug <> OLD.slug
BEGIN
  INSERT INTO accounts_search (accounts_search, rowid, text)
  VALUES ('delete', OLD.id, char(1, 1) || OLD.title_key || char(10, 1, 1) || OLD.slug);
  INSERT INTO accounts_search (rowid, text)
  VALUES (NEW.id, char(1, 1) || NEW.title_key || char(10, 1, 1) || NEW.slug);
END;
--> statement-breakpoint
CREATE TRIGGER accounts_delete_updates_search AFTER DELETE ON accounts
BEGIN
  INSERT INTO accounts_search (accounts_search, rowid, text)
  VALUES ('delete', OLD.id, char(1, 1) || OLD.title_key || char(10, 1, 1) || OLD.slug);
END;
--> statement-breakpoint
CREATE TRIGGER users_insert_updates_search AFTER INSERT ON users
BEGIN
  INSERT INTO users_search (rowid, text) VALUES (NEW.id, NEW.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER users_update_updates_search AFTER UPDATE OF search_text ON users
WHEN NEW.search_text <> OLD.search_text
BEGIN
  INSERT INTO users_search (users_search, rowid, text) VALUES ('delete', OLD.id, OLD.search_text);
  INSERT INTO users_search (rowid, text) VALUES (NEW.id, NEW.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER users_delete_updates_search AFTER DELETE ON users
BEGIN
  INSERT INTO users_search (users_search, rowid, text) VALUES ('delete', OLD.id, OLD.search_text);
END;
--> statement-breakpoint

-- First rows: the values of each reference table, the built-in groups with their permissions, and two public zones.
INSERT INTO plans (slug) VALUES
  ('stash-trial'), ('v3starter'), ('v3fly'), ('v3growth'), ('v3pro'), ('v3enterprise'), ('cowork');
--> statement-breakpoint
INSERT INTO account_roles (name) VALUES ('AOWNER'), ('AMEMBER');
--> statement-breakpoint
INSERT INTO blocking_states (name) VALUES
  ('unblocked'), ('quota'), ('manager'), ('trial_expired'), ('budget'), ('subscription_canceled'),
  ('subscription_unpaid');
--> statement-breakpoint
INSERT INTO usage_enforcements (name) VALUES ('refuse'), ('allow');
--> statement-breakpoint
INSERT INTO invitation_states (name) VALUES ('pending'), ('accepted'), ('revoked');
--> statement-breakpoint
INSERT INTO user_types (name) VALUES ('ROOT'), ('DEALER'), ('USER'), ('READONLY'), ('MANAGER'), ('SALES');
--> statement-breakpoint
INSERT INTO languages (name) VALUES ('CA'), ('ES'), ('EN'), ('FR'), ('DE'), ('PT');
--> statement-breakpoint
INSERT INTO cloud_providers (name) VALUES ('AWS'), ('GCP'), ('ON_PREMISES'), ('CLOUDFLARE');
--> statement-breakpoint
INSERT INTO location_hints (name) VALUES
  ('wnam'), ('enam'), ('weur'), ('eeur'), ('apac'), ('oc'), ('sam'), ('afr'), ('me');
--> statement-breakpoint
INSERT INTO groups (id, name) VALUES (1, 'Administrators'), (2, 'Metering'), (3, 'Support');
--> statement-breakpoint
INSERT INTO group_permissions (group_id, permission) VALUES
  (1, 'account:read'),
  (1, 'account:write'),
  (1, 'account:delete'),
  (1, 'members:read'),
  (1, 'members:search'),
  (1, 'members:write'),
  (1, 'invites:read'),
  (1, 'invites:write'),
  (1, 'usage:read'),
  (1, 'usage:write'),
  (1, 'logo:read'),
  (1, 'logo:write'),
  (1, 'saml:read'),
  (1, 'audit:read'),
  (1, 'account:export'),
  (1, 'users:read'),
  (1, 'users:write'),
  (1, 'groups:assign'),
  (1, 'analysts:read'),
  (1, 'login:read'),
  (2, 'account:read'),
  (2, 'usage:write'),
  (2, 'usage:read'),
  (3, 'account:read'),
  (3, 'members:read'),
  (3, 'invites:read'),
  (3, 'usage:read'),
  (3, 'logo:read'),
  (3, 'saml:read'),
  (3, 'audit:read'),
  (3, 'users:read'),
  (3, 'analysts:read'),
  (3, 'login:read');
--> statement-breakpoint
INSERT INTO zones (id, uuid, slug, title, cloud_provider, private, location_hint) VALUES
  (1, '6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e01', 'europe-1', 'Europe 1', 'CLOUDFLARE', 0, 'weur'),
  (2, '6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e02', 'us-1', 'US 1', 'CLOUDFLARE', 0, 'enam');
