/** The tables of one account's usage. Their version stands in `meta`, and old ones are migrated forward. */

type Step = (sql: SqlStorage) => void;

/** What leads from each version to the next; a step that was ever deployed never changes. */
export const steps: readonly Step[] = [
  (sql) => {
    const counts = [
      "pre_processing_time",
      "slow_processing_time",
      "resources_processed",
      "bytes_processed",
      "chars_processed",
      "media_seconds_processed",
      "pages_processed",
      "paragraphs_processed",
      "searches_performed",
      "suggestions_performed",
      "predictions_performed",
      "docs_no_media",
      "ai_tokens_used",
      "nuclia_tokens",
      "nuclia_tokens_billed",
      "usage",
    ].map((metric) => `${metric} INTEGER NOT NULL DEFAULT 0`);
    // One row holds a bucket's metrics together: sixteen of them are read and written as one. The
    // empty name is all knowledge boxes together, so that reading an account does not grow with them.
    for (const table of ["hours", "days"]) {
      sql.exec(`CREATE TABLE ${table} (knowledgebox TEXT NOT NULL, at INTEGER NOT NULL, ${counts.join(", ")},
        PRIMARY KEY (knowledgebox, at)) STRICT, WITHOUT ROWID`);
    }
    sql.exec(`
      CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL,
        account_uuid TEXT NOT NULL, clock INTEGER NOT NULL, period INTEGER NOT NULL, usage INTEGER NOT NULL,
        usage_limit INTEGER, current_kbs INTEGER NOT NULL, window_days INTEGER,
        horizon INTEGER NOT NULL) STRICT;
      CREATE TABLE knowledge_boxes (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      CREATE TABLE answers (block INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL,
        request_hash TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (block, key)) STRICT, WITHOUT ROWID;
      CREATE TABLE seen_events (block INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (block, hash)) STRICT, WITHOUT ROWID;`);
  },
  // The hour that increments are counted in stands in the account's own row, so that one writes one row.
  (sql) => {
    sql.exec(`ALTER TABLE meta ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE meta ADD COLUMN hour_usage INTEGER NOT NULL DEFAULT 0;`);
  },
];

/** Whether anything was ever stored: reading an account that counted nothing makes no tables. */
export function isStored(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
}

/**
 * Brings the tables to the newest version, from any older one or from none; all of the way or not at
 * all. Newer ones are left alone, and `loadState` refuses them.
 */
export function migrate(storage: DurableObjectStorage, newest: readonly Step[] = steps): void {
  const { sql } = storage;
  const version = isStored(sql) ? storedVersion(sql) : 0;
  if (version >= newest.length) return;
  storage.transactionSync(() => {
    for (const step of newest.slice(version)) step(sql);
    sql.exec("UPDATE meta SET schema_version = ?", newest.length);
  });
}

function storedVersion(sql: SqlStorage): number {
  return sql.exec<{ version: number }>("SELECT max(schema_version) AS version FROM meta").one().version;
}
