import { eq } from "drizzle-orm";

import { withSearchKeys } from "../../domain/user.ts";
import { users } from "../../storage/schema.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { commit } from "../commit.ts";
import {
  assertMayAssignGroups,
  checkAssignable,
  groupIdsQuery,
  groupsDiffer,
  setGroups,
} from "../groups/groups.ts";
import type { UserFields } from "./create.ts";
import { assertEditable, checkEditable, toProfile, type UserProfile, userQuery } from "./profile.ts";

/**
 * Changes a user and returns them with the changes; omitted fields stay. Throws what `checkEditable` throws,
 * `group_unknown`, `forbidden` for groups, and `last_owner` if the only active owner of an account would be
 * deactivated. Two round trips; one if nothing changes.
 */
export function updateUser(
  ctx: Context,
  uuid: string,
  readFields: () => Promise<UserFields>,
): Promise<UserProfile> {
  const reads = [userQuery(ctx, eq(users.uuid, uuid)), groupIdsQuery(ctx)] as const;
  return commit(ctx, reads, async (caller, [found], knownGroups) => {
    const user = checkEditable(caller, found);
    const before = toProfile(user);
    const fields = await readFields();
    checkAssignable(caller, fields.groups, before.groups, knownGroups);
    const regroup = groupsDiffer(fields.groups, before.groups);
    const changed = changedFields<UserProfile>(before, fields);
    const names = Object.keys(changed) as (keyof typeof columnNames)[];
    if (names.length === 0) return { access: "self", unchanged: before };

    const after = { ...before, ...changed };
    return {
      access: "self",
      assert: [assertEditable(ctx, caller, user), ...(regroup ? [assertMayAssignGroups(ctx, caller)] : [])],
      write: [
        ctx.db
          .update(users)
          .set({ ...withSearchKeys(after), isActive: after.isActive })
          .where(eq(users.id, user.id)),
        ...(regroup ? setGroups(ctx, uuid, after.groups) : []),
      ],
      audit: {
        accountId: null,
        action: "user.updated",
        target: `user:${uuid}`,
        changes: Object.fromEntries(
          names.map((name) => [columnNames[name], [before[name], after[name]] as const]),
        ),
      },
      result: after,
    };
  });
}

/** Names of the fields in the history. */
const columnNames = {
  email: "email",
  firstName: "first_name",
  lastName: "last_name",
  isActive: "is_active",
  groups: "groups",
} as const satisfies Partial<Record<keyof UserProfile, string>>;
