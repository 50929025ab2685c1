/** The tables of one account's usage. Their version stands in `meta`, and old ones are migrated forward. */

/** What leads from one version to the next. */
export interface Migration {
  /**
   * The oldest version of the code that can work on what it leaves. A step that only adds – a table, a
   * column with a default – leaves it as it was, and the code that comes with it makes do with what older
   * code did not fill meanwhile; one that changes what is told by what was there names itself.
   */
  readonly minReaderVersion: number;
  readonly apply: (sql: SqlStorage) => void;
}

/** Each version's step, the first one's first; one that was ever deployed never changes. */
export const migrations: readonly Migration[] = [
  { minReaderVersion: 1, apply: makeTables },
  // The hour that increments are counted in stands in the account's own row, so that one writes one
  // row. Code of before it would tell sums without that hour.
  {
    minReaderVersion: 2,
    apply: (sql) => {
      sql.exec(`ALTER TABLE meta ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE meta ADD COLUMN hour_usage INTEGER NOT NULL DEFAULT 0;`);
    },
  },
  // What is stored so far needs what the step before it needs.
  {
    minReaderVersion: 2,
    apply: (sql) => void sql.exec("ALTER TABLE meta ADD COLUMN needs INTEGER NOT NULL DEFAULT 2"),
  },
];

/** The oldest version of the code that can work on what all of some steps leave. */
export function requiredReaderVersion(taken: readonly Migration[]): number {
  return Math.max(...taken.map(({ minReaderVersion }) => minReaderVersion));
}

/** Whether anything was ever stored: reading an account that counted nothing makes no tables. */
export function hasTables(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
}

/**
 * Brings the tables to the newest version, from any older one or from none; all of the way or not at
 * all. Newer ones are left alone; `loadState` refuses those that need newer code.
 */
export function migrate(storage: DurableObjectStorage, newest: readonly Migration[] = migrations): void {
  const { sql } = storage;
  const version = hasTables(sql) ? storedVersion(sql) : 0;
  if (version >= newest.length) return;
  storage.transactionSync(() => {
    for (const { apply } of newest.slice(version)) apply(sql);
    sql.exec("UPDATE meta SET schema_version = ?, needs = ?", newest.length, requiredReaderVersion(newest));
  });
}

function storedVersion(sql: SqlStorage): number {
  return sql.exec<{ version: number }>("SELECT max(schema_version) AS version FROM meta").one().version;
}

function makeTables(sql: SqlStorage): void {
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
}
