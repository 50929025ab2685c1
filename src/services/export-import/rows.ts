import { and, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { assertion, isConstraintError, runBatch, type Statement } from "../../storage/database.ts";
import { imports } from "../../storage/schema.ts";
import { AccountName, accountQuery, type FoundAccount } from "../accounts/access.ts";
import { queryAsCaller, queryAsOperator } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { limitIf } from "../pagination.ts";
import { type ExportedTable, exportedTables, findTable, isSequences, ownSequences } from "./tables.ts";

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
    .limit(limitIf(callerConditions(ctx).hasPermission("manage"), limit));
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

/** Reads the import that is under way. */
export function importSessionQuery({ db }: Context) {
  return db.select().from(imports).limit(1);
}

/** An account of the import that is under way. Throws `service_not_empty` where there is none, and `account_not_found`. */
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

/** Some rows of an export. */
export interface ImportedRows {
  /** Which export they are of. */
  readonly exportId: string;
  /** How many of its rows come before them. */
  readonly position: number;
  readonly rows: readonly { readonly table: string; readonly row: StoredRow }[];
  /** Whether these are the last ones. */
  readonly end: boolean;
}

/**
 * Takes rows into an empty service: one without accounts, and without users but the caller, who goes
 * with all that a new service has. All of them or none; those that are there already are passed over,
 * so an import that broke off goes on where it stood. With the last ones every account must have an
 * active owner. How many rows there are then. Throws `service_not_empty`, `import_incompatible`, and
 * `access_token_not_allowed`, as tokens of ours end when it begins. Two round trips.
 */
export async function importRows(ctx: Context, input: ImportedRows): Promise<number> {
  const { exportId, position, rows, end } = input;
  const [[running], [used]] = await queryAsOperator(ctx, importSessionQuery(ctx), usedQuery(ctx));
  if (running === undefined ? used?.is !== 0 : running.exportId !== exportId) {
    throw new DomainError("service_not_empty");
  }
  if (ctx.principal.kind === "token") throw new DomainError("access_token_not_allowed");
  const there = running?.position ?? 0;
  if (position > there) throw new DomainError("import_incompatible");
  if (position < there) return there;

  try {
    await runBatch(ctx.db, [
      stillThere(ctx, running),
      ...(running === undefined ? beginning(ctx, exportId) : []),
      ctx.db.update(imports).set({ taking: true }),
      ...grouped(rows).map(({ table, values }) => insert(ctx, table, values)),
      ctx.db.update(imports).set({ position: there + rows.length, taking: false }),
      ...(end ? ending(ctx) : []),
    ]);
  } catch (error) {
    throw isConstraintError(error) ? new DomainError("import_incompatible") : error;
  }
  return there + rows.length;
}

type Running = typeof imports.$inferSelect | undefined;

/** Whether the service holds anything that an import would take the place of. */
function usedQuery(ctx: Context) {
  return ctx.db.select({ is: sql<number>`${isUsed(ctx)}`.as("is_used") }).from(sql`(select 1)`);
}

function isUsed(ctx: Context): SQL {
  return sql`(exists (select 1 from accounts where id > 0) or exists (select 1 from users where id > 0 and id is not ${callerConditions(ctx).userId}))`;
}

/** The import stands where it stood, or there is still none and the service is empty. */
function stillThere(ctx: Context, running: Running): Statement {
  const same =
    running === undefined
      ? sql`not exists (select 1 from imports) and not ${isUsed(ctx)}`
      : sql`exists (select 1 from imports where export_id = ${running.exportId} and position = ${running.position})`;
  return assertion(ctx.db, "conflict", same);
}

/** Takes away what a new service has, and the caller. */
function beginning({ db }: Context, exportId: string): Statement[] {
  return [
    // Whoever refers to others goes first.
    ...exportedTables
      .toReversed()
      .map((one) => db.delete(one.table).where(isSequences(one) ? ownSequences : undefined)),
    db.insert(imports).values({ exportId, position: 0 }),
  ];
}

function ending({ db }: Context): Statement[] {
  const owned = sql`not exists (select 1 from accounts where not exists (select 1 from active_owners where active_owners.account_id = accounts.id))`;
  return [assertion(db, "import_incompatible", owned), db.delete(imports)];
}

/** Neighbours of one table together, as one statement takes them. Throws `import_incompatible` for rows that are no row of it. */
function grouped(rows: ImportedRows["rows"]): { table: ExportedTable; values: StoredRow[] }[] {
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

/** Members are counted as they come, so an account begins with none. */
function insert({ db }: Context, { table, columns }: ExportedTable, values: readonly StoredRow[]): Statement {
  const read = columns.map((column) => (column === "member_count" ? "0" : `value ->> '${column}'`));
  return db
    .insert(table)
    .select(sql`select ${sql.raw(read.join(", "))} from json_each(${JSON.stringify(values)})`);
}
