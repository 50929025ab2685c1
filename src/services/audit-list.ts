import { sql, type SQL } from "drizzle-orm";

import { firstAuditId } from "../domain/audit.ts";
import { auditRows } from "../storage/schema.ts";
import { AccountName, accountQuery, checkAccess, hasAccountPermission } from "./accounts/access.ts";
import { queryAsCaller } from "./caller/caller.ts";
import { callerConditions } from "./caller/conditions.ts";
import type { Context } from "./caller/context.ts";
import { limitIf } from "./pagination.ts";

/** A recorded change. */
export type AuditRow = Omit<typeof auditRows.$inferSelect, "accountId">;

/** Filters of the history; all given ones must match. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** Half-open, in epoch milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface AuditRequest extends AuditFilter {
  /** Returns only changes with smaller ids. */
  readonly before: number | undefined;
  /** 1 to 100. */
  readonly limit: number;
}

export interface AuditPage {
  readonly items: readonly AuditRow[];
  /** `before` of the next page; null at the end. */
  readonly next: number | null;
}

/** How many rows one request scans for matches. */
const scanLimit = 1_000;

/**
 * Returns the history of an account, newest first. A request scans at most 1,000 rows, so a filtered page may have
 * fewer items than its limit and still a next page. Throws what `checkAccess` throws. One round trip.
 */
export async function listAccountAudit(
  ctx: Context,
  name: string,
  request: AuditRequest,
): Promise<AuditPage> {
  const which = new AccountName(name);
  const account = sql`(select accounts.id from accounts where ${which})`;
  const allowed = hasAccountPermission(callerConditions(ctx), account, "audit:read");
  const { rows, end } = readRows(ctx, sql`audit_rows.account_id = ${account}`, request, allowed);
  const [caller, [found], read, [last]] = await queryAsCaller(ctx, accountQuery(ctx, which), rows, end);
  checkAccess(ctx, caller, found);
  return makePage(request, read, last?.id);
}

/** Returns the history of the whole service or of one account, for operators. See `listAccountAudit`. */
export async function listAudit(
  ctx: Context,
  name: string | undefined,
  request: AuditRequest,
): Promise<AuditPage> {
  const scope =
    name === undefined
      ? sql`true`
      : sql`audit_rows.account_id = (select accounts.id from accounts where ${new AccountName(name)})`;
  const { rows, end } = readRows(ctx, scope, request, callerConditions(ctx).hasPermission("manage"));
  const [, read, [last]] = await queryAsCaller(ctx, rows, end);
  return makePage(request, read, last?.id);
}

/** Selects the rows of a page and one more, and the id of the last row that may be scanned. */
function readRows(ctx: Context, scope: SQL, request: AuditRequest, allowed: SQL) {
  const { actor, action, from, to, before, limit } = request;
  const within = sql.join(
    [
      scope,
      ...(before === undefined ? [] : [sql`audit_rows.id < ${integer(before)}`]),
      ...(from === undefined ? [] : [sql`audit_rows.id >= ${integer(firstAuditId(from))}`]),
      ...(to === undefined ? [] : [sql`audit_rows.id < ${integer(firstAuditId(to))}`]),
    ],
    sql` and `,
  );
  const matches = sql`${actor === undefined ? sql`true` : sql`scanned.actor = ${actor}`} and ${action === undefined ? sql`true` : sql`scanned.action = ${action}`}`;
  const filtered = actor !== undefined || action !== undefined;
  const scanned = sql`(select * from audit_rows where ${within} order by audit_rows.id desc limit ${limitIf(allowed, filtered ? scanLimit : limit + 1)}) as scanned`;
  const rows = ctx.db
    .select({
      id: sql<number>`scanned.id`.as("id"),
      at: sql<number>`scanned.at`.as("at"),
      actor: sql<string>`scanned.actor`.as("actor"),
      action: sql<string>`scanned.action`.as("action"),
      target: sql<string>`scanned.target`.as("target"),
      changes: sql`scanned.changes`.mapWith(auditRows.changes).as("changes"),
      requestId: sql<string>`scanned.request_id`.as("request_id"),
    })
    .from(scanned)
    .where(matches)
    .limit(limit + 1);
  const end = ctx.db
    .select({ id: sql<number>`audit_rows.id`.as("end_id") })
    .from(auditRows)
    .where(within)
    .orderBy(sql`audit_rows.id desc`)
    .limit(filtered ? limitIf(allowed, 1) : 0)
    .offset(scanLimit - 1);
  return { rows, end };
}

function makePage({ limit }: AuditRequest, read: readonly AuditRow[], end: number | undefined): AuditPage {
  const items = read.slice(0, limit);
  if (read.length > limit) return { items, next: items.at(-1)?.id ?? null };
  return { items, next: end ?? null };
}

/** D1 binds every number as a real, and comparing ids with a real would not use the index. */
function integer(number: number): SQL {
  return sql`cast(${number} as integer)`;
}
