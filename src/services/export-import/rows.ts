import { and, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { assertion, isConstraintError, runBatch, type Statement } from "../../storage/database.ts";
import { imports } from "../../storage/internal-tables.ts";
import { AccountName, accountQuery, type FoundAccount } from "../accounts/access.ts";
import { queryAsCaller, queryAsOperator } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { retryOnConflict } from "../commit.ts";
import { limitIf } from "../pagination.ts";
import { type ExportedTable, exportedTables, findTable, isSequences, ownSequences } from "./tables.ts";

/** A stored row, passed through as it is. */
export type StoredRow = Readonly<Record<string, string | number | null>>;

/** The row after which a page begins; without a key, the beginning of the table. */
export interface RowCursor {
  readonly table: string;
  readonly key: readonly (string | number)[];
}

export interface RowPage {
  readonly table: string;
  readonly rows: readonly StoredRow[];
  /** Where the next page begins, in this table or the next one; null at the end. */
  readonly next: RowCursor | null;
}

/** The beginning of an export. */
export const firstCursor: RowCursor = { table: exportedTables[0]?.name ?? "", key: [] };

/** Returns rows of one table in the order of its key, for operators. One round trip. */
export async function exportRows(
  ctx: Context,
  { table: name, key }: RowCursor,
  limit: number,
): Promise<RowPage> {
  const table = findTable(name);
  if (table === undefined) throw new Error("The cursor names an unknown table");
  const order = sql.raw(table.keys.map((one) => one.name).join(", "));
  const query = ctx.db
    .select(Object.fromEntries(table.columns.map((column) => [column, sql.raw(column).as(column)])))
    .from(sql.raw(name))
    .where(and(afterKey(table, key), isSequences(table) ? ownSequences : undefined))
    .orderBy(order)
    .limit(limitIf(callerConditions(ctx).hasPermission("manage"), limit));
  const [, rows] = await queryAsCaller(ctx, query);
  return { table: name, rows: rows as StoredRow[], next: nextCursor(table, rows as StoredRow[], limit) };
}

/** Returns the condition for rows after a key. Numbers are cast because D1 binds them as reals, which would not use the index. */
function afterKey({ keys }: ExportedTable, key: RowCursor["key"]): SQL {
  const values = keys.map(({ type }, at) =>
    type === "number" ? sql`cast(${key[at] ?? -1} as integer)` : sql`${key[at] ?? ""}`,
  );
  const names = sql.raw(keys.map(({ name }) => name).join(", "));
  return sql`(${names}) > (${sql.join(values, sql`, `)})`;
}

function nextCursor(table: ExportedTable, rows: readonly StoredRow[], limit: number): RowCursor | null {
  const last = rows.at(-1);
  if (last !== undefined && rows.length === limit) {
    return { table: table.name, key: table.keys.map(({ name }) => last[name] ?? "") };
  }
  const next = exportedTables[exportedTables.indexOf(table) + 1];
  return next === undefined ? null : { table: next.name, key: [] };
}

/** Selects the current import. */
export function importSessionQuery({ db }: Context) {
  return db.select().from(imports).limit(1);
}

/** Returns an account of the current import. Throws `service_not_empty` without one, and `account_not_found`. */
export async function getImportingAccount(ctx: Context, uuid: string): Promise<FoundAccount> {
  const [[running], [account]] = await queryAsOperator(
    ctx,
    importSessionQuery(ctx),
    accountQuery(ctx, new AccountName(uuid)),
  );
  if (running === undefined) throw new DomainError("service_not_empty");
  if (account === undefined) throw new DomainError("account_not_found");
  return account;
}

export interface ImportedRows {
  /** The export that the rows belong to. */
  readonly exportId: string;
  /** How many rows of the export come before these. */
  readonly position: number;
  readonly rows: readonly { readonly table: string; readonly row: StoredRow }[];
  /** Whether these are the last rows. */
  readonly end: boolean;
}

/**
 * Imports rows into an empty service: without accounts, and without users other than the caller, who is deleted with
 * the first rows of a new service. All rows or none. Rows that were imported before are skipped, so an interrupted
 * import can continue. At the end every account must have an active owner. Returns how many rows were imported so
 * far. Throws `service_not_empty`, `import_incompatible`, and `access_token_not_allowed`, because an import deletes
 * personal access tokens. Two round trips.
 *
 * It does not use `commit`: the imported rows bring their own history.
 */
export function importRows(ctx: Context, input: ImportedRows): Promise<number> {
  return retryOnConflict(() => tryImportRows(ctx, input));
}

async function tryImportRows(ctx: Context, input: ImportedRows): Promise<number> {
  const { exportId, position, rows, end } = input;
  const [[running], [used]] = await queryAsOperator(ctx, importSessionQuery(ctx), usedQuery(ctx));
  if (running === undefined ? used?.isUsed !== 0 : running.exportId !== exportId) {
    throw new DomainError("service_not_empty");
  }
  if (ctx.principal.kind === "token") throw new DomainError("access_token_not_allowed");
  const imported = running?.position ?? 0;
  if (position > imported) throw new DomainError("import_incompatible");
  if (position < imported) return imported;

  try {
    await runBatch(ctx.db, [
      assertSessionUnchanged(ctx, running),
      ...(running === undefined ? beginStatements(ctx, exportId) : []),
      ctx.db.update(imports).set({ taking: true }),
      ...groupByTable(rows).map(({ table, values }) => insertStatement(ctx, table, values)),
      ctx.db.update(imports).set({ position: imported + rows.length, taking: false }),
      ...(end ? endStatements(ctx) : []),
    ]);
  } catch (error) {
    throw isConstraintError(error) ? new DomainError("import_incompatible") : error;
  }
  return imported + rows.length;
}

type ImportSession = typeof imports.$inferSelect | undefined;

/** Selects whether the service holds data that an import would replace. */
function usedQuery(ctx: Context) {
  return ctx.db.select({ isUsed: sql<number>`${isUsed(ctx)}`.as("is_used") }).from(sql`(select 1)`);
}

function isUsed(ctx: Context): SQL {
  return sql`(exists (select 1 from accounts where id > 0) or exists (select 1 from users where id > 0 and id is not ${callerConditions(ctx).userId}))`;
}

/** Aborts the batch with `conflict` if the import progressed, or if it begins and the service is no longer empty. */
function assertSessionUnchanged(ctx: Context, running: ImportSession): Statement {
  const same =
    running === undefined
      ? sql`not exists (select 1 from imports) and not ${isUsed(ctx)}`
      : sql`exists (select 1 from imports where export_id = ${running.exportId} and position = ${running.position})`;
  return assertion(ctx.db, "conflict", same);
}

/** Deletes the first rows of a new service and the caller. */
function beginStatements({ db }: Context, exportId: string): Statement[] {
  return [
    // Referencing tables first.
    ...exportedTables
      .toReversed()
      .map((one) => db.delete(one.table).where(isSequences(one) ? ownSequences : undefined)),
    db.insert(imports).values({ exportId, position: 0 }),
  ];
}

function endStatements({ db }: Context): Statement[] {
  const owned = sql`not exists (select 1 from accounts where not exists (select 1 from active_owners where active_owners.account_id = accounts.id))`;
  return [assertion(db, "import_incompatible", owned), db.delete(imports)];
}

/** Groups consecutive rows of a table for one statement. Throws `import_incompatible` for unknown tables or columns. */
function groupByTable(rows: ImportedRows["rows"]): { table: ExportedTable; values: StoredRow[] }[] {
  const groups: { table: ExportedTable; values: StoredRow[] }[] = [];
  for (const { table: name, row } of rows) {
    const table = findTable(name);
    if (table === undefined || Object.keys(row).sort().join() !== table.columns.toSorted().join()) {
      throw new DomainError("import_incompatible");
    }
    const last = groups.at(-1);
    if (last?.table === table) last.values.push(row);
    else groups.push({ table, values: [row] });
  }
  return groups;
}

/** Triggers count members as they are inserted, so an account starts with none. */
function insertStatement(
  { db }: Context,
  { table, columns }: ExportedTable,
  values: readonly StoredRow[],
): Statement {
  const read = columns.map((column) => (column === "member_count" ? "0" : `value ->> '${column}'`));
  return db
    .insert(table)
    .select(sql`select ${sql.raw(read.join(", "))} from json_each(${JSON.stringify(values)})`);
}
