-- Searches over everything: trigrams of what is searched, one row a row, no text kept twice.
-- Each field stands behind two U+0001, which no stored text has, so that the trigrams U+0001 U+0001 a
-- and U+0001 a b find the fields that begin with "a" and with "ab": one index finds terms of three
-- characters and more anywhere, shorter ones as prefixes. The text is in its normal form already.
CREATE VIRTUAL TABLE accounts_search USING fts5 (text, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1');
--> statement-breakpoint
CREATE VIRTUAL TABLE users_search USING fts5 (text, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1');
--> statement-breakpoint

CREATE TRIGGER accounts_insert_searchable AFTER INSERT ON accounts
BEGIN
  INSERT INTO accounts_search (rowid, text)
  VALUES (NEW.id, char(1, 1) || NEW.title_key || char(10, 1, 1) || NEW.slug);
END;
--> statement-breakpoint
CREATE TRIGGER accounts_update_searchable AFTER UPDATE OF title_key, slug ON accounts
WHEN NEW.title_key <> OLD.title_key OR NEW.slug <> OLD.slug
BEGIN
  INSERT INTO accounts_search (accounts_search, rowid, text)
  VALUES ('delete', OLD.id, char(1, 1) || OLD.title_key || char(10, 1, 1) || OLD.slug);
  INSERT INTO accounts_search (rowid, text)
  VALUES (NEW.id, char(1, 1) || NEW.title_key || char(10, 1, 1) || NEW.slug);
END;
--> statement-breakpoint
CREATE TRIGGER accounts_deletion_searchable AFTER DELETE ON accounts
BEGIN
  INSERT INTO accounts_search (accounts_search, rowid, text)
  VALUES ('delete', OLD.id, char(1, 1) || OLD.title_key || char(10, 1, 1) || OLD.slug);
END;
--> statement-breakpoint

CREATE TRIGGER users_insert_searchable AFTER INSERT ON users
BEGIN
  INSERT INTO users_search (rowid, text) VALUES (NEW.id, NEW.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER users_update_searchable AFTER UPDATE OF search_text ON users
WHEN NEW.search_text <> OLD.search_text
BEGIN
  INSERT INTO users_search (users_search, rowid, text) VALUES ('delete', OLD.id, OLD.search_text);
  INSERT INTO users_search (rowid, text) VALUES (NEW.id, NEW.search_text);
END;
--> statement-breakpoint
CREATE TRIGGER users_deletion_searchable AFTER DELETE ON users
BEGIN
  INSERT INTO users_search (users_search, rowid, text) VALUES ('delete', OLD.id, OLD.search_text);
END;
