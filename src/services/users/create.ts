import { eq, sql } from "drizzle-orm";

import { withSearchKeys } from "../../domain/user.ts";
import { assertion, runBatch, type Statement } from "../../storage/database.ts";
import { memberships, users } from "../../storage/schema.ts";
import { accountQuery, assertAccess, checkCurrentAccess, currentOrganization } from "../accounts/access.ts";
import { assertSeatsAvailable } from "../accounts/limits.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { assertCallerActive, hasGlobalPermission } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { assertMayAssignGroups, checkAssignable, groupIdsQuery, setGroups } from "../groups/assign.ts";
import { replayable, withIdempotencyRecord } from "../idempotency.ts";
import type { UserProfile } from "./profile.ts";

export interface UserFields {
  readonly email?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly isActive?: boolean | undefined;
  /** Ascending, none twice. */
  readonly groups?: readonly number[] | undefined;
}

/**
 * Makes a user who has not signed in yet, and, for an owner, a member of the current organization.
 * Who may write all users needs no organization. Throws what `checkCurrentAccess` throws,
 * `seat_limit_reached`, `group_unknown` and `forbidden`. Two round trips.
 */
export function createUser(
  ctx: Context,
  organization: string | undefined,
  readFields: () => Promise<UserFields>,
): Promise<UserProfile> {
  return replayable(() => tryCreateUser(ctx, organization, readFields));
}

async function tryCreateUser(
  ctx: Context,
  organization: string | undefined,
  readFields: () => Promise<UserFields>,
): Promise<UserProfile> {
  const { db, now } = ctx;
  const [caller, [found], known] = await queryAsCaller(
    ctx,
    accountQuery(ctx, currentOrganization(ctx, organization)),
    groupIdsQuery(ctx),
  );
  const free =
    caller.globalPermissions.has("users:write") &&
    organization === undefined &&
    found?.callerRole !== "AOWNER";
  const access = free ? undefined : checkCurrentAccess(ctx, caller, found, organization);
  const { email = "", firstName = "", lastName = "", isActive = true, groups = [] } = await readFields();
  checkAssignable(caller, groups, [], known);

  const uuid = crypto.randomUUID();
  const userId = sql`(select id from users where uuid = ${uuid})`;
  const made = { id: 0, uuid, email, firstName, lastName, isActive, groups };
  const allowed: Statement[] =
    access === undefined
      ? [assertion(db, "conflict", hasGlobalPermission(ctx, "users:write"))]
      : [assertAccess(ctx, access), assertSeatsAvailable(ctx, access.account)];
  const joining: Statement[] =
    access === undefined
      ? []
      : [
          db.insert(memberships).values({
            accountId: access.account.id,
            userId,
            role: "AMEMBER",
            createdAt: now,
          }),
        ];
  const results = await runBatch(db, [
    ...withIdempotencyRecord(ctx, caller, sql`json_set(${JSON.stringify(made)}, '$.id', ${userId})`, [
      assertCallerActive(ctx, caller),
      ...allowed,
      db.insert(users).values({
        uuid,
        ...withSearchKeys(made),
        isActive,
        createdAt: now,
      }),
      ...joining,
      ...(groups.length === 0 ? [] : [assertMayAssignGroups(ctx), ...setGroups(ctx, uuid, groups)]),
      auditStatement(ctx, caller, {
        accountId: access?.account.id ?? null,
        action: "user.created",
        target: `user:${uuid}`,
        changes: {
          email: [null, email],
          first_name: [null, firstName],
          last_name: [null, lastName],
          groups: [[], groups],
        },
      }),
    ]),
    db.select({ id: users.id }).from(users).where(eq(users.uuid, uuid)),
  ]);
  const [{ id }] = results.at(-1) as [{ id: number }];
  return { ...made, id };
}
