import { eq } from "drizzle-orm";

import { withSearchKeys } from "../../domain/user.ts";
import { runBatch } from "../../storage/database.ts";
import { users } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import {
  assertMayAssignGroups,
  checkAssignable,
  groupIdsQuery,
  groupsDiffer,
  setGroups,
} from "../groups/assign.ts";
import type { UserFields } from "./create.ts";
import { assertEditable, checkEditable, toProfile, type UserProfile, userQuery } from "./profile.ts";

/**
 * Changes a user and answers them as they are then; a field left out stays. Throws what
 * `checkEditable` throws, `group_unknown`, `forbidden` for groups, and `last_owner` when the
 * only active owner of an account would be deactivated. Two round trips, one when nothing changes.
 */
export async function updateUser(
  ctx: Context,
  uuid: string,
  readFields: () => Promise<UserFields>,
): Promise<UserProfile> {
  const { db } = ctx;
  const [caller, [found], known] = await queryAsCaller(
    ctx,
    userQuery(ctx, eq(users.uuid, uuid)),
    groupIdsQuery(ctx),
  );
  const user = checkEditable(caller, found);
  const before = toProfile(user);
  const { groups, ...fields } = await readFields();
  checkAssignable(caller, groups, before.groups, known);
  const regroup = groupsDiffer(groups, before.groups);
  const after: UserProfile = { ...before, ...defined(fields), ...(groups === undefined ? {} : { groups }) };
  const compared: [string, unknown, unknown][] = [
    ["email", before.email, after.email],
    ["first_name", before.firstName, after.firstName],
    ["last_name", before.lastName, after.lastName],
    ["is_active", before.isActive, after.isActive],
    ...(regroup ? [["groups", before.groups, after.groups] as [string, unknown, unknown]] : []),
  ];
  const changed = compared.filter(([, old, now]) => old !== now);
  if (changed.length === 0) return before;

  await runBatch(db, [
    assertEditable(ctx, caller, user),
    db
      .update(users)
      .set({ ...withSearchKeys(after), isActive: after.isActive })
      .where(eq(users.id, user.id)),
    ...(regroup && groups !== undefined ? [assertMayAssignGroups(ctx), ...setGroups(ctx, uuid, groups)] : []),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "user.updated",
      target: `user:${uuid}`,
      changes: Object.fromEntries(changed.map(([name, old, now]) => [name, [old, now]])),
    }),
  ]);
  return after;
}

/** The fields that are given. */
function defined(fields: Omit<UserFields, "groups">): Partial<UserProfile> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
