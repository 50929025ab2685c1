import { and, asc, desc, eq, gt, lt, notInArray, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { makePage, type Page, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import type { Statement } from "../../storage/database.ts";
import { groups, userGroups } from "../../storage/schema.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { assertGlobalPermission } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { countAll } from "../pagination.ts";

/** A group with the permissions that it grants on every account. */
export interface Group {
  readonly id: number;
  readonly name: string;
  readonly permissions: readonly string[];
}

/** Returns a page of all groups by id. Throws `page_invalid`. One round trip. */
export async function listGroups(ctx: Context, request: PageRequest): Promise<Page<Group>> {
  const { afterKeys, descending, limit, offset } = pageWindow(request);
  // Column names in full: Drizzle omits the table of a column inside a selected expression.
  const granted = sql<string>`(select json_group_array(group_permissions.permission) from group_permissions where group_permissions.group_id = groups.id)`;
  const bound = Number(afterKeys?.[0]);
  const query = ctx.db
    .select({ id: groups.id, name: groups.name, granted: granted.as("granted") })
    .from(groups)
    .where(afterKeys === undefined ? undefined : (descending ? lt : gt)(groups.id, bound))
    .orderBy((descending ? desc : asc)(groups.id))
    .limit(limit)
    .offset(offset);
  const [, rows, total] = await queryAsCaller(ctx, query, ctx.db.select({ count: countAll }).from(groups));
  const read = rows.map((row) => ({
    id: row.id,
    name: row.name,
    permissions: (JSON.parse(row.granted) as string[]).sort(),
  }));
  const page = makePage(request, read, total[0]?.count ?? 0, ({ id }) => [id]);
  if (page === undefined) throw new DomainError("page_invalid");
  return page;
}

/** Selects the ids of all groups; there are few. */
export function groupIdsQuery(ctx: Context) {
  return ctx.db.select({ groupId: groups.id }).from(groups);
}

/** Whether `wanted` is given and differs from `current`; both ascending. */
export function groupsDiffer(wanted: readonly number[] | undefined, current: readonly number[]): boolean {
  return (
    wanted !== undefined &&
    (wanted.length !== current.length || wanted.some((id, index) => id !== current[index]))
  );
}

/**
 * Checks that the caller may set these groups. Setting the same groups again is always allowed. Throws
 * `group_unknown` with all unknown ids, and `forbidden`.
 */
export function checkAssignable(
  caller: Caller,
  wanted: readonly number[] | undefined,
  current: readonly number[],
  known: readonly { groupId: number }[],
): void {
  const unknown = wanted?.filter((id) => !known.some(({ groupId }) => groupId === id)) ?? [];
  if (unknown.length > 0) throw new DomainError("group_unknown", { values: unknown.map(String) });
  if (groupsDiffer(wanted, current) && !caller.globalPermissions.has("groups:assign")) {
    throw new DomainError("forbidden", { permission: "groups:assign" });
  }
}

/** Aborts the batch with `conflict` if the caller may no longer assign groups. */
export function assertMayAssignGroups(ctx: Context, caller: Caller): Statement {
  return assertGlobalPermission(ctx, caller.id, "groups:assign");
}

/** Returns the statements that replace a user's groups. */
export function setGroups(ctx: Context, uuid: string, ids: readonly number[]): Statement[] {
  const userId = sql<number>`(select id from users where uuid = ${uuid})`;
  const deleteOthers = ctx.db
    .delete(userGroups)
    .where(and(eq(userGroups.userId, userId), notInArray(userGroups.groupId, [...ids])));
  if (ids.length === 0) return [deleteOthers];
  const rows = ids.map((groupId) => ({ userId, groupId }));
  return [deleteOthers, ctx.db.insert(userGroups).values(rows).onConflictDoNothing()];
}
