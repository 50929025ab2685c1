import type { DatabaseSync } from "node:sqlite";

/** Triggers that stay active because they insert rows. The work of the others is done for all rows at once. */
const activeTriggers = /_adds_owner$|_updates_search$/;

/** Bytes that a search table buffers before it writes them. Fewer writes need fewer merges. */
const searchBuffer = 256 * 1024 * 1024;
const searchTables = ["accounts_search", "users_search"];

/**
 * Drops the indexes, and the triggers that count and validate. Returns a function that restores them and the counts.
 * Filling the tables with them takes three times as long.
 */
export function suspendIndexes(database: DatabaseSync): () => void {
  const found = database
    .prepare(
      "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid",
    )
    .all();
  const suspended = found.filter(({ type, name }) => type === "index" || !activeTriggers.test(String(name)));
  for (const { type, name } of suspended) database.exec(`DROP ${String(type)} ${String(name)}`);
  for (const table of searchTables) {
    database.exec(`INSERT INTO ${table} (${table}, rank) VALUES ('hashsize', ${searchBuffer})`);
  }
  return () => {
    // SQLite protects the internal tables of search tables.
    database.enableDefensive(false);
    for (const table of searchTables) database.exec(`DELETE FROM ${table}_config WHERE k = 'hashsize'`);
    database.enableDefensive(true);
    const recreate = (kind: string) => {
      for (const { type, sql } of suspended) if (type === kind) database.exec(String(sql));
    };
    recreate("index");
    database.exec(`UPDATE accounts SET member_count =
        (SELECT count(*) FROM memberships WHERE memberships.account_id = accounts.id);
      UPDATE counters SET value = (SELECT count(*) FROM accounts) WHERE name = 'accounts';
      UPDATE counters SET value = (SELECT count(*) FROM memberships) WHERE name = 'memberships';
      UPDATE counters SET value = (SELECT count(*) FROM users) WHERE name = 'users'`);
    recreate("trigger");
  };
}
