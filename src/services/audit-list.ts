import { sql, type SQL } from "drizzle-orm";

import { firstAuditId } from "../domain/audit.ts";
import { auditRows } from "../storage/schema.ts";
import { AccountName, accountQuery, checkAccess, hasAccountPermission } from "./accounts/access.ts";
import { queryAsCaller } from "./caller/caller.ts";
import { callerConditions } from "./caller/conditions.ts";
import type { Context } from "./caller/context.ts";
import { limitIf } from "./pagination.ts";

/** A change that was made. */
export type AuditRow = Omit<typeof auditRows.$inferSelect, "accountId">;

/** Which changes are asked for; every filter given must match. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** Half-open, in epoch milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface AuditRequest extends AuditFilter {
  /** Only changes before the one with this id. */
  readonly before: number | undefined;
  /** 1 to 100. */
  readonly limit: number;
}

export interface AuditPage {
  readonly items: readonly AuditRow[];
  /** What `before` must be for the page behind this one; null at the end. */
  readonly next: number | null;
}

/** How many rows one request looks through for those that fit its filters. */
const scanLimit = 1_000;

/**
 * The changes of an account, the newest first. A page may hold fewer than its limit and still have
 * a next one: a request looks through 1,000 rows at the most. Throws what `checkAccess` throws.
 * One round trip.
 */
export async function listAccountAudit(
  ctx: Context,
  name: string,
  request: AuditRequest,
): Promise<AuditPage> {
  const which = new AccountName(name);
  const account = sql`(select accounts.id from accounts where ${which})`;
  const concerned = hasAccountPermission(callerConditions(ctx), account, "audit:read");
  const { rows, end } = readRows(ctx, sql`audit_rows.account_id = ${account}`, request, concerned);
  const [caller, [found], read, [last]] = await queryAsCaller(ctx, accountQuery(ctx, which), rows, end);
  checkAccess(ctx, caller, found);
  return makePage(request, read, last?.id);
}

/** The changes of all there is, or of one account; for the operator. As `listAccountAudit`. */
export async function listAudit(
  ctx: Context,
  name: string | undefined,
  request: AuditRequest,
): Promise<AuditPage> {
  const of =
    name === undefined
      ? sql`true`
      : sql`audit_rows.account_id = (select accounts.id from accounts where ${new AccountName(name)})`;
  const { rows, end } = readRows(ctx, of, request, callerConditions(ctx).hasPermission("manage"));
  const [, read, [last]] = await queryAsCaller(ctx, rows, end);
  return makePage(request, read, last?.id);
}

/** The rows of a page and one more, and the id of the last row that may be looked at. */
function readRows(ctx: Context, of: SQL, request: AuditRequest, allowed: SQL) {
  const { actor, action, from, to, before, limit } = request;
  const within = sql.join(
    [
      of,
      ...(before === undefined ? [] : [sql`audit_rows.id < ${integer(before)}`]),
      ...(from === undefined ? [] : [sql`audit_rows.id >= ${integer(firstAuditId(from))}`]),
      ...(to === undefined ? [] : [sql`audit_rows.id < ${integer(firstAuditId(to))}`]),
    ],
    sql` and `,
  );
  const fits = sql`${actor === undefined ? sql`true` : sql`looked.actor = ${actor}`} and ${action === undefined ? sql`true` : sql`looked.action = ${action}`}`;
  const filtered = actor !== undefined || action !== undefined;
  const looked = sql`(select * from audit_rows where ${within} order by audit_rows.id desc limit ${limitIf(allowed, filtered ? scanLimit : limit + 1)}) as looked`;
  const rows = ctx.db
    .select({
      id: sql<number>`looked.id`.as("id"),
      at: sql<number>`looked.at`.as("at"),
      actor: sql<string>`looked.actor`.as("actor"),
      action: sql<string>`looked.action`.as("action"),
      target: sql<string>`looked.target`.as("target"),
      changes: sql`looked.changes`.mapWith(auditRows.changes).as("changes"),
      requestId: sql<string>`looked.request_id`.as("request_id"),
    })
    .from(looked)
    .where(fits)
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

/** D1 binds every number as a real, which an id is compared with row by row. */
function integer(number: number): SQL {
  return sql`cast(${number} as integer)`;
}
