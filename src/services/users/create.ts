import { sql } from "drizzle-orm";

import { withSearchKeys } from "../../domain/user.ts";
import { users } from "../../storage/schema.ts";
import { accountQuery, checkCurrentAccess, currentOrganization } from "../accounts/access.ts";
import { assertSeatsAvailable } from "../accounts/limits.ts";
import type { Context } from "../caller/context.ts";
import { commit, ComputedResult } from "../commit.ts";
import { assertMayAssignGroups, checkAssignable, groupIdsQuery, setGroups } from "../groups/groups.ts";
import { addNewUser } from "../members/memberships.ts";
import type { UserProfile } from "./profile.ts";

export interface UserFields {
  readonly email?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly isActive?: boolean | undefined;
  /** Ascending, without duplicates. */
  readonly groups?: readonly number[] | undefined;
}

/**
 * Creates a user who has not signed in yet; for an owner, as a member of the current organization. Callers with
 * `users:write` on every account need no organization. Throws what `checkCurrentAccess` throws,
 * `seat_limit_reached`, `group_unknown` and `forbidden`. Two round trips.
 */
export function createUser(
  ctx: Context,
  organization: string | undefined,
  readFields: () => Promise<UserFields>,
): Promise<UserProfile> {
  const { db, now } = ctx;
  const reads = [accountQuery(ctx, currentOrganization(ctx, organization)), groupIdsQuery(ctx)] as const;
  return commit(ctx, reads, async (caller, [found], knownGroups) => {
    const withoutAccount =
      caller.globalPermissions.has("users:write") &&
      organization === undefined &&
      found?.callerRole !== "AOWNER";
    const access = withoutAccount ? undefined : checkCurrentAccess(ctx, caller, found, organization);
    const { email = "", firstName = "", lastName = "", isActive = true, groups = [] } = await readFields();
    checkAssignable(caller, groups, [], knownGroups);

    const uuid = crypto.randomUUID();
    const created = { id: 0, uuid, email, firstName, lastName, isActive, groups };
    const id = sql`(select id from users where uuid = ${uuid})`;
    return {
      access: access ?? "users:write",
      assert: [
        ...(access === undefined ? [] : [assertSeatsAvailable(ctx, access.account)]),
        ...(groups.length === 0 ? [] : [assertMayAssignGroups(ctx, caller)]),
      ],
      write: [
        db.insert(users).values({ uuid, ...withSearchKeys(created), isActive, createdAt: now }),
        ...(access === undefined ? [] : [addNewUser(ctx, access.account.id, { uuid, role: "AMEMBER" })]),
        ...(groups.length === 0 ? [] : setGroups(ctx, uuid, groups)),
      ],
      audit: {
        accountId: access?.account.id ?? null,
        action: "user.created",
        target: `user:${uuid}`,
        changes: {
          email: [null, email],
          first_name: [null, firstName],
          last_name: [null, lastName],
          groups: [[], groups],
        },
      },
      result: new ComputedResult(
        sql<string>`json_set(${JSON.stringify(created)}, '$.id', ${id})`,
        (json) => JSON.parse(json) as UserProfile,
      ),
    };
  });
}
