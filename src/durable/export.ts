/** Export and import of an object's tables, row by row. */
import { hasTables, migrate, migrations, requiredReaderVersion } from "./migrations.ts";

/** The primary keys of the tables, in the order of the export; `meta` comes first. */
const primaryKeys = {
  meta: ["id"],
  knowledge_boxes: ["name"],
  hours: ["knowledgebox", "at"],
  days: ["knowledgebox", "at"],
  answers: ["block", "key"],
  seen_events: ["block", "hash"],
} as const;
export type UsageTable = keyof typeof primaryKeys;
export const usageTables = Object.keys(primaryKeys) as readonly UsageTable[];

/** Bytes are exported in hexadecimal. */
type ExportedValue = string | number | null;

export interface UsageRow {
  readonly table: UsageTable;
  readonly row: Readonly<Record<string, ExportedValue>>;
}

/** The last row of a page: the next page continues after it. */
export interface UsageCursor {
  readonly table: UsageTable;
  readonly key: readonly ExportedValue[];
}

export interface UsageExport {
  readonly rows: readonly UsageRow[];
  /** The cursor of the next page; null on the last one. */
  readonly next: UsageCursor | null;
}

/** Returns at most `limit` rows of the given tables, each in the order of its primary key. Writes nothing. */
export function exportRows(
  sql: SqlStorage,
  tables: readonly UsageTable[],
  after: UsageCursor | null,
  limit: number,
): UsageExport {
  const rows: UsageRow[] = [];
  const firstTable = after === null ? 0 : tables.indexOf(after.table);
  for (const table of tables.slice(firstTable)) {
    const keys: readonly string[] = primaryKeys[table];
    const afterKey = after?.table === table ? after.key : [];
    const placeholders = afterKey.map(() => "?").join(", ");
    const where = afterKey.length === 0 ? "" : `WHERE (${keys.join(", ")}) > (${placeholders})`;
    const found = sql.exec(
      `SELECT * FROM ${table} ${where} ORDER BY ${keys.join(", ")} LIMIT ?`,
      ...afterKey.map((value, index) => toStored(keys[index], value)),
      limit - rows.length,
    );
    for (const row of found) rows.push({ table, row: toExported(row) });
    if (rows.length === limit) break;
  }
  const last = rows.at(-1);
  if (last === undefined || rows.length < limit) return { rows, next: null };
  const key = primaryKeys[last.table].map((name) => last.row[name] ?? null);
  return { rows, next: { table: last.table, key } };
}

/**
 * Inserts exported rows; rows that exist already are left unchanged. The `meta` row, which comes first,
 * empties the object. Returns false, and inserts nothing, if the rows are incompatible: of another
 * schema version, of another account, or with invalid values.
 */
export function importRows(
  storage: DurableObjectStorage,
  accountUuid: string,
  rows: readonly UsageRow[],
): boolean {
  const { sql } = storage;
  const [first] = rows;
  if (first === undefined) return true;
  // Without a `meta` row the tables would have no version.
  if (first.table !== "meta" && !hasTables(sql)) return false;
  try {
    storage.transactionSync(() => insertRows(storage, accountUuid, rows));
    return true;
  } catch (error) {
    if (isIncompatible(error)) return false;
    throw error;
  }
}

/** Thrown to roll back the transaction, which may have created the tables. */
class IncompatibleRows extends Error {}

/** Whether the rows caused the error: their shape, a malformed hash, or a value that its column rejects. */
function isIncompatible(error: unknown): boolean {
  return (
    error instanceof IncompatibleRows ||
    error instanceof SyntaxError ||
    String(error).includes("SQLITE_CONSTRAINT")
  );
}

function insertRows(storage: DurableObjectStorage, accountUuid: string, rows: readonly UsageRow[]): void {
  const { sql } = storage;
  migrate(storage);
  const columns = new Map(usageTables.map((table) => [table, columnsOf(sql, table)]));
  const compatible = rows.every(({ table, row }) => {
    const names = Object.keys(row).sort().join();
    if (names !== columns.get(table)?.toSorted().join()) return false;
    if (table !== "meta") return true;
    return (
      row["account_uuid"] === accountUuid &&
      row["schema_version"] === migrations.length &&
      row["needs"] === requiredReaderVersion(migrations)
    );
  });
  if (!compatible) throw new IncompatibleRows();
  for (const { table, row } of rows) {
    if (table === "meta") for (const name of usageTables) sql.exec(`DELETE FROM ${name}`);
    const names = columns.get(table) ?? [];
    sql.exec(
      `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`,
      ...names.map((name) => toStored(name, row[name] ?? null)),
    );
  }
}

function columnsOf(sql: SqlStorage, table: UsageTable): string[] {
  const rows = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info(?)", table);
  return rows.toArray().map(({ name }) => name);
}

function toExported(row: Record<string, SqlStorageValue>): Record<string, ExportedValue> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof ArrayBuffer ? new Uint8Array(value).toHex() : value,
    ]),
  );
}

/** Converts an exported value back. The only column of bytes is `hash`. */
function toStored(column: string | undefined, value: ExportedValue): SqlStorageValue {
  return column === "hash" && typeof value === "string" ? Uint8Array.fromHex(value).buffer : value;
}
