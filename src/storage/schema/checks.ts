import { sql } from "drizzle-orm";
import { check, type SQLiteColumn } from "drizzle-orm/sqlite-core";

export function booleanCheck(name: string, column: SQLiteColumn) {
  return check(name, sql.raw(`${column.name} in (0, 1)`));
}

export function enumCheck(name: string, column: SQLiteColumn, values: readonly string[]) {
  const list = values.map((value) => `'${value}'`).join(", ");
  return check(name, sql.raw(`${column.name} in (${list})`));
}
