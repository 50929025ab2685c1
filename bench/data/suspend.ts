import type { DatabaseSync } from "node:sqlite";

/** Triggers that make rows of their own; what the others would do is done for all rows at once. */
const making = /_adds_owner$|_updates_search$/;

/** The search tables gather this much, in bytes, before they write it down: the less often, the less is merged. */
const gathered = 256 * 1024 * 1024;
const searchTables = ["accounts_search", "users_search"];

/**
 * Drops the indexes, and the triggers that count and refuse; returns what makes them again as they were
 * and counts. Filling tables with them in place takes thrice as long.
 */
export function suspend(database: DatabaseSync): () => void {
  const found = database
    .prepare(
      "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid",
    )
    .all();
  const suspended = found.filter(({ type, name }) => type === "index" || !making.test(String(name)));
  for (const { type, name } of suspended) database.exec(`DROP ${String(type)} ${String(name)}`);
  for (const table of searchTables) {
    database.exec(`INSERT INTO ${table} (${table}, rank) VALUES ('hashsize', ${gathered})`);
  }
  return () => {
    // Their own tables are closed to anybody else, as a rule.
    database.enableDefensive(false);
    for (const table of searchTables) database.exec(`DELETE FROM ${table}_config WHERE k = 'hashsize'`);
    database.enableDefensive(true);
    const again = (kind: string) => {
      for (const { type, sql } of suspended) if (type === kind) database.exec(String(sql));
    };
    again("index");
    database.exec(`UPDATE accounts SET member_count =
        (SELECT count(*) FROM memberships WHERE memberships.account_id = accounts.id);
      UPDATE counters SET value = (SELECT count(*) FROM accounts) WHERE name = 'accounts';
      UPDATE counters SET value = (SELECT count(*) FROM memberships) WHERE name = 'memberships';
      UPDATE counters SET value = (SELECT count(*) FROM users) WHERE name = 'users'`);
    again("trigger");
  };
}
