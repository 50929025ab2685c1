import { and, sql, type SQL } from "drizzle-orm";

import { hasGlobalPermission } from "../asker.ts";
import { queryAsCaller } from "../caller.ts";
import type { Context } from "../context.ts";
import { limitIf } from "../paging.ts";
import { exportedTables, findTable, isSequences, ownSequences, type ExportedTable } from "./tables.ts";

/** A row as it is stored: nothing of it is read on the way. */
export type StoredRow = Readonly<Record<string, string | number | null>>;

/** The row a page goes on behind; a table alone is its beginning. */
export interface RowCursor {
  readonly table: string;
  readonly key: readonly (string | number)[];
}

export interface RowPage {
  readonly table: string;
  readonly rows: readonly StoredRow[];
  /** Where the next page begins, of this table or the next one; null behind the last. */
  readonly next: RowCursor | null;
}

/** Where an export begins. */
export const firstCursor: RowCursor = { table: exportedTables[0]?.name ?? "", key: [] };

/** Rows of one table, in the order of its key; for the operator. One round trip. */
export async function exportRows(
  ctx: Context,
  { table: name, key }: RowCursor,
  limit: number,
): Promise<RowPage> {
  const table = findTable(name);
  if (table === undefined) throw new Error("A place in no table");
  const order = sql.raw(table.keys.map((one) => one.name).join(", "));
  const query = ctx.db
    .select(Object.fromEntries(table.columns.map((column) => [column, sql.raw(column).as(column)])))
    .from(sql.raw(name))
    .where(and(beyond(table, key), isSequences(table) ? ownSequences : undefined))
    .orderBy(order)
    .limit(limitIf(hasGlobalPermission(ctx, "manage"), limit));
  const [, rows] = await queryAsCaller(ctx, query);
  return { table: name, rows: rows as StoredRow[], next: nextPlace(table, rows as StoredRow[], limit) };
}

/** What lies behind a key, from the least there can be on: D1 binds every number as a real, which a key is not found by. */
function beyond({ keys }: ExportedTable, key: RowCursor["key"]): SQL {
  const values = keys.map(({ type }, at) =>
    type === "number" ? sql`cast(${key[at] ?? -1} as integer)` : sql`${key[at] ?? ""}`,
  );
  const names = sql.raw(keys.map(({ name }) => name).join(", "));
  return sql`(${names}) > (${sql.join(values, sql`, `)})`;
}

function nextPlace(table: ExportedTable, rows: readonly StoredRow[], limit: number): RowCursor | null {
  const last = rows.at(-1);
  if (last !== undefined && rows.length === limit) {
    return { table: table.name, key: table.keys.map(({ name }) => last[name] ?? "") };
  }
  const next = exportedTables[exportedTables.indexOf(table) + 1];
  return next === undefined ? null : { table: next.name, key: [] };
}
