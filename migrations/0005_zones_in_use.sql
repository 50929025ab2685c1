-- Where usage is counted in a zone is fixed once an account is placed there: its usage object is made there.
CREATE TRIGGER zones_keep_place BEFORE UPDATE OF location_hint ON zones
WHEN NEW.location_hint IS NOT OLD.location_hint AND EXISTS (SELECT 1 FROM accounts WHERE zone_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_in_use');
END;
--> statement-breakpoint
-- Said before the foreign key says it without a name.
CREATE TRIGGER zones_keep_accounts BEFORE DELETE ON zones
WHEN EXISTS (SELECT 1 FROM accounts WHERE zone_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_in_use');
END;
--> statement-breakpoint
CREATE TRIGGER zones_insert_never_replaces BEFORE INSERT ON zones
WHEN EXISTS (SELECT 1 FROM zones WHERE slug = NEW.slug)
  OR EXISTS (SELECT 1 FROM zones WHERE uuid = NEW.uuid)
  OR EXISTS (SELECT 1 FROM zones WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_slug_taken');
END;
--> statement-breakpoint
CREATE TRIGGER zones_update_never_replaces BEFORE UPDATE OF slug ON zones
WHEN EXISTS (SELECT 1 FROM zones WHERE slug = NEW.slug AND id <> OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'zone_slug_taken');
END;
