import { and, eq, notInArray, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import type { Statement } from "../../storage/database.ts";
import { groups, userGroups } from "../../storage/schema.ts";
import type { Caller } from "../caller/caller.ts";
import { assertGlobalPermission } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

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
