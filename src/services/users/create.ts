import { eq, sql } from "drizzle-orm";

import { precondition, runBatch, type Statement } from "../../storage/database.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import { users } from "../../storage/schema/users.ts";
import { accessStillHolds, accountQuery } from "../accounts/access.ts";
import { isCurrent, requireCurrent } from "../accounts/current.ts";
import { seatLeft } from "../accounts/seats.ts";
import { auditStatement } from "../audit.ts";
import { callerStillActive, hasEverywhere } from "../asker.ts";
import { readAs } from "../caller.ts";
import type { Context } from "../context.ts";
import { keeping, once } from "../repeats.ts";
import type { UserProfile } from "./find.ts";
import { groupKeys, requireAssignable, setGroups, stillAssigns } from "./groups.ts";
import { personColumns } from "./person.ts";

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
 * Who may write all users needs no organization. Throws what `requireCurrent` throws,
 * `seats_taken`, `group_unknown` and `forbidden`. Two round trips.
 */
export function createUser(
  ctx: Context,
  organization: string | undefined,
  readFields: () => Promise<UserFields>,
): Promise<UserProfile> {
  return once(() => makeUser(ctx, organization, readFields));
}

async function makeUser(
  ctx: Context,
  organization: string | undefined,
  readFields: () => Promise<UserFields>,
): Promise<UserProfile> {
  const { db, now } = ctx;
  const [caller, [found], known] = await readAs(
    ctx,
    accountQuery(ctx, isCurrent(ctx, organization)),
    groupKeys(ctx),
  );
  const free =
    caller.everywhere.has("users:write") && organization === undefined && found?.callerRole !== "AOWNER";
  const access = free ? undefined : requireCurrent(ctx, caller, found, organization);
  const { email = "", firstName = "", lastName = "", isActive = true, groups = [] } = await readFields();
  requireAssignable(caller, groups, [], known);

  const uuid = crypto.randomUUID();
  const userId = sql`(select id from users where uuid = ${uuid})`;
  const made = { id: 0, uuid, email, firstName, lastName, isActive, groups };
  const allowed: Statement[] =
    access === undefined
      ? [precondition(db, "changed_meanwhile", hasEverywhere(ctx, "users:write"))]
      : [accessStillHolds(ctx, access), seatLeft(ctx, access.account)];
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
    ...keeping(ctx, caller, sql`json_set(${JSON.stringify(made)}, '$.id', ${userId})`, [
      callerStillActive(ctx, caller),
      ...allowed,
      db.insert(users).values({
        uuid,
        ...personColumns(made),
        isActive,
        createdAt: now,
      }),
      ...joining,
      ...(groups.length === 0 ? [] : [stillAssigns(ctx), ...setGroups(ctx, uuid, groups)]),
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
