import { and, sql, type SQL } from "drizzle-orm";

import { hasEverywhere } from "../asker.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { limitWhere } from "../paging.ts";
import { copiedTables, findTable, isSequences, ourSequences, type CopiedTable } from "./tables.ts";

/** A row as it is stored: nothing of it is read on the way. */
export type StoredRow = Readonly<Record<string, string | number | null>>;

/** The row a page goes on behind; a table alone is its beginning. */
export interface RowPlace {
  readonly table: string;
  readonly key: readonly (string | number)[];
}

export interface RowPage {
  readonly table: string;
  readonly rows: readonly StoredRow[];
  /** Where the next page begins, of this table or the next one; null behind the last. */
  readonly next: RowPlace | null;
}

/** Where an export begins. */
export const firstPlace: RowPlace = { table: copiedTables[0]?.name ?? "", key: [] };

/** Rows of one table, in the order of its key; for the operator. One round trip. */
export async function exportRows(
  ctx: Context,
  { table: name, key }: RowPlace,
  limit: number,
): Promise<RowPage> {
  const table = findTable(name);
  if (table === undefined) throw new Error("A place in no table");
  const order = sql.raw(table.keys.map((one) => one.name).join(", "));
  const query = ctx.db
    .select(Object.fromEntries(table.columns.map((column) => [column, sql.raw(column).as(column)])))
    .from(sql.raw(name))
    .where(and(beyond(table, key), isSequences(table) ? ourSequences : undefined))
    .orderBy(order)
    .limit(limitWhere(hasEverywhere(ctx, "manage"), limit));
  const [, rows] = await readAs(ctx, query);
  return { table: name, rows: rows as StoredRow[], next: nextPlace(table, rows as StoredRow[], limit) };
}

/** What lies behind a key, from the least there can be on: D1 binds every number as a real, which a key is not found by. */
function beyond({ keys }: CopiedTable, key: RowPlace["key"]): SQL {
  const values = keys.map(({ type }, at) =>
    type === "number" ? sql`cast(${key[at] ?? -1} as integer)` : sql`${key[at] ?? ""}`,
  );
  const names = sql.raw(keys.map(({ name }) => name).join(", "));
  return sql`(${names}) > (${sql.join(values, sql`, `)})`;
}

function nextPlace(table: CopiedTable, rows: readonly StoredRow[], limit: number): RowPlace | null {
  const last = rows.at(-1);
  if (last !== undefined && rows.length === limit) {
    return { table: table.name, key: table.keys.map(({ name }) => last[name] ?? "") };
  }
  const next = copiedTables[copiedTables.indexOf(table) + 1];
  return next === undefined ? null : { table: next.name, key: [] };
}
