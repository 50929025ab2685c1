import { and, eq, notInArray, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { groups, userGroups } from "../../storage/schema.ts";
import type { Caller } from "../caller/caller.ts";
import { hasGlobalPermission } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** The keys of all groups: there are few. */
export function groupIdsQuery(ctx: Context) {
  return ctx.db.select({ groupKey: groups.id }).from(groups);
}

/** Whether the groups wanted are others than those there are. */
export function groupsDiffer(wanted: readonly number[] | undefined, present: readonly number[]): boolean {
  return (
    wanted !== undefined &&
    (wanted.length !== present.length || wanted.some((key, at) => key !== present[at]))
  );
}

/**
 * Groups are set by who may assign them; the same groups again are no change. Throws
 * `group_unknown` and `forbidden`.
 */
export function checkAssignable(
  caller: Caller,
  wanted: readonly number[] | undefined,
  present: readonly number[],
  known: readonly { groupKey: number }[],
): void {
  const unknown = wanted?.filter((key) => !known.some(({ groupKey }) => groupKey === key)) ?? [];
  if (unknown.length > 0) throw new DomainError("group_unknown", { values: unknown.map(String) });
  if (groupsDiffer(wanted, present) && !caller.globalPermissions.has("groups:assign")) {
    throw new DomainError("forbidden", { permission: "groups:assign" });
  }
}

/** A batch with this fails as `conflict` when the caller may no longer assign groups. */
export function assertMayAssignGroups(ctx: Context): Statement {
  return assertion(ctx.db, "conflict", hasGlobalPermission(ctx, "groups:assign"));
}

/** Makes a user's groups these, by the user's uuid. */
export function setGroups(ctx: Context, uuid: string, keys: readonly number[]): Statement[] {
  const userId = sql<number>`(select id from users where uuid = ${uuid})`;
  const others = ctx.db
    .delete(userGroups)
    .where(and(eq(userGroups.userId, userId), notInArray(userGroups.groupId, [...keys])));
  if (keys.length === 0) return [others];
  const rows = keys.map((groupId) => ({ userId, groupId }));
  return [others, ctx.db.insert(userGroups).values(rows).onConflictDoNothing()];
}
