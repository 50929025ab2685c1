/** An object's tables, told row by row and taken back: what is counted, and what may not count twice. */
import { hasTables, migrate, migrations, requiredReaderVersion } from "./migrations.ts";

/** The tables by their primary keys, in the order they are told: `meta` begins an object. */
const keysOf = {
  meta: ["id"],
  knowledge_boxes: ["name"],
  hours: ["knowledgebox", "at"],
  days: ["knowledgebox", "at"],
  answers: ["block", "key"],
  seen_events: ["block", "hash"],
} as const;
export type UsageTable = keyof typeof keysOf;
export const usageTables = Object.keys(keysOf) as readonly UsageTable[];

/** Bytes are told in hexadecimal. */
type ExportedValue = string | number | null;

export interface UsageRow {
  readonly table: UsageTable;
  readonly row: Readonly<Record<string, ExportedValue>>;
}

/** The row a copy goes on behind: its table and its key. */
export interface UsageCursor {
  readonly table: UsageTable;
  readonly key: readonly ExportedValue[];
}

export interface UsageExport {
  readonly rows: readonly UsageRow[];
  /** Where the next copy goes on; null at the end. */
  readonly next: UsageCursor | null;
}

/** At most so many rows of these tables, each in the order of its key. Writes nothing. */
export function exportRows(
  sql: SqlStorage,
  tables: readonly UsageTable[],
  after: UsageCursor | null,
  limit: number,
): UsageExport {
  const rows: UsageRow[] = [];
  const first = after === null ? 0 : tables.indexOf(after.table);
  for (const table of tables.slice(first)) {
    const keys: readonly string[] = keysOf[table];
    const beyond = after?.table === table ? after.key : [];
    const marks = beyond.map(() => "?").join(", ");
    const where = beyond.length === 0 ? "" : `WHERE (${keys.join(", ")}) > (${marks})`;
    const found = sql.exec(
      `SELECT * FROM ${table} ${where} ORDER BY ${keys.join(", ")} LIMIT ?`,
      ...beyond.map((value, at) => stored(keys[at], value)),
      limit - rows.length,
    );
    for (const row of found) rows.push({ table, row: told(row) });
    if (rows.length === limit) break;
  }
  const last = rows.at(-1);
  if (last === undefined || rows.length < limit) return { rows, next: null };
  const key = keysOf[last.table].map((name) => last.row[name] ?? null);
  return { rows, next: { table: last.table, key } };
}

/**
 * Takes rows as they were told, those that are there already left as they are; the row of `meta`, which
 * comes first, empties the object. Whether they fit: nothing is taken of those of another version or account.
 */
export function importRows(
  storage: DurableObjectStorage,
  accountUuid: string,
  rows: readonly UsageRow[],
): boolean {
  const { sql } = storage;
  const [first] = rows;
  if (first === undefined) return true;
  // Without the row of `meta` there would be tables of no version.
  if (first.table !== "meta" && !hasTables(sql)) return false;
  try {
    storage.transactionSync(() => take(storage, accountUuid, rows));
    return true;
  } catch (error) {
    if (isIncompatible(error)) return false;
    throw error;
  }
}

/** Thrown to take back the tables, too, that were made for rows which do not fit: without a row they are of no version. */
class IncompatibleRows extends Error {}

/** Values that a column does not take, and hashes that are none, do not fit either. */
function isIncompatible(error: unknown): boolean {
  return (
    error instanceof IncompatibleRows ||
    error instanceof SyntaxError ||
    String(error).includes("SQLITE_CONSTRAINT")
  );
}

function take(storage: DurableObjectStorage, accountUuid: string, rows: readonly UsageRow[]): void {
  const { sql } = storage;
  migrate(storage);
  const columns = new Map(usageTables.map((table) => [table, columnsOf(sql, table)]));
  const fit = rows.every(({ table, row }) => {
    const names = Object.keys(row).sort().join();
    if (names !== columns.get(table)?.toSorted().join()) return false;
    if (table !== "meta") return true;
    return (
      row["account_uuid"] === accountUuid &&
      row["schema_version"] === migrations.length &&
      row["needs"] === requiredReaderVersion(migrations)
    );
  });
  if (!fit) throw new IncompatibleRows();
  for (const { table, row } of rows) {
    if (table === "meta") for (const every of usageTables) sql.exec(`DELETE FROM ${every}`);
    const names = columns.get(table) ?? [];
    sql.exec(
      `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`,
      ...names.map((name) => stored(name, row[name] ?? null)),
    );
  }
}

function columnsOf(sql: SqlStorage, table: UsageTable): string[] {
  const rows = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info(?)", table);
  return rows.toArray().map(({ name }) => name);
}

function told(row: Record<string, SqlStorageValue>): Record<string, ExportedValue> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof ArrayBuffer ? new Uint8Array(value).toHex() : value,
    ]),
  );
}

/** The one column of bytes is the hash of an event's id. */
function stored(name: string | undefined, value: ExportedValue): SqlStorageValue {
  return name === "hash" && typeof value === "string" ? Uint8Array.fromHex(value).buffer : value;
}
