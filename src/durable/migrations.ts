/** The schema of one account's object. Its version is stored in `meta`; older objects are migrated when they start. */

/** One step of the schema. */
export interface Migration {
  /**
   * The oldest schema version whose code can read the result. A step that only adds a table, or a column
   * with a default, keeps the number of the step before it; its code must accept rows that older code
   * wrote meanwhile. A step that changes the meaning of existing data uses its own number.
   */
  readonly minReaderVersion: number;
  readonly apply: (sql: SqlStorage) => void;
}

/** All migrations in order; the schema version is their number. A deployed migration is never changed. */
export const migrations: readonly Migration[] = [
  { minReaderVersion: 1, apply: createTables },
  // The usage of the current hour is part of the account's own row, so that an increment writes one
  // row. Older code would leave that hour out of its sums.
  {
    minReaderVersion: 2,
    apply: (sql) => {
      sql.exec(`ALTER TABLE meta ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE meta ADD COLUMN hour_usage INTEGER NOT NULL DEFAULT 0;`);
    },
  },
  // The default is the number of the previous step, which existing rows require.
  {
    minReaderVersion: 2,
    apply: (sql) => void sql.exec("ALTER TABLE meta ADD COLUMN needs INTEGER NOT NULL DEFAULT 2"),
  },
];

/** Returns the oldest schema version whose code can read the result of all the given migrations. */
export function requiredReaderVersion(applied: readonly Migration[]): number {
  return Math.max(...applied.map(({ minReaderVersion }) => minReaderVersion));
}

/** Whether anything was ever stored: reading an account that has counted nothing creates no tables. */
export function hasTables(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
}

/**
 * Migrates the tables to the newest version, in one transaction. Leaves a newer schema unchanged;
 * `loadState` throws if it requires newer code.
 */
export function migrate(storage: DurableObjectStorage, target: readonly Migration[] = migrations): void {
  const { sql } = storage;
  const version = hasTables(sql) ? storedVersion(sql) : 0;
  if (version >= target.length) return;
  storage.transactionSync(() => {
    for (const { apply } of target.slice(version)) apply(sql);
    sql.exec("UPDATE meta SET schema_version = ?, needs = ?", target.length, requiredReaderVersion(target));
  });
}

function storedVersion(sql: SqlStorage): number {
  return sql.exec<{ version: number }>("SELECT max(schema_version) AS version FROM meta").one().version;
}

function createTables(sql: SqlStorage): void {
  const metricColumns = [
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
  // One row per bucket contains all sixteen metrics. The empty name is all knowledge boxes together,
  // so that reading an account does not cost more with each of them.
  for (const table of ["hours", "days"]) {
    sql.exec(`CREATE TABLE ${table} (knowledgebox TEXT NOT NULL, at INTEGER NOT NULL, ${metricColumns.join(", ")},
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
}
