import { eq, sql, type SQL } from "drizzle-orm";

import { type BlockingState, isBlocked } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { users } from "../../storage/schema.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** A user as other users see them. */
export interface UserProfile {
  readonly id: number;
  readonly uuid: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isActive: boolean;
  /** Group ids, ascending. */
  readonly groups: readonly number[];
}

/** The columns of a user's profile, with aliases that are unique in joins. */
export const profileColumns = {
  id: sql<number>`users.id`.as("user_id"),
  uuid: sql<string>`users.uuid`.as("user_uuid"),
  email: sql<string>`users.email`.as("user_email"),
  firstName: sql<string>`users.first_name`.as("user_first_name"),
  lastName: sql<string>`users.last_name`.as("user_last_name"),
  isActive: sql<number>`users.is_active`.as("user_is_active"),
  groups:
    sql<string>`(select json_group_array(group_id) from user_groups where user_groups.user_id = users.id)`.as(
      "user_groups",
    ),
};
export type ProfileRow = Omit<UserProfile, "isActive" | "groups"> & { isActive: number; groups: string };

/** Converts a row to a profile. */
export function toProfile({
  id,
  uuid,
  email,
  firstName,
  lastName,
  isActive,
  groups,
}: ProfileRow): UserProfile {
  const ids = (JSON.parse(groups) as number[]).sort((left, right) => left - right);
  return { id, uuid, email, firstName, lastName, isActive: isActive === 1, groups: ids };
}

/** Selects a user with the facts that decide what the caller may do to them. */
export function userQuery(ctx: Context, which: SQL) {
  return ctx.db
    .select({
      ...profileColumns,
      signedIn: sql<number>`exists (select 1 from identities where identities.user_id = users.id)`.as(
        "signed_in",
      ),
      accounts: sql<number>`(select count(*) from memberships where memberships.user_id = users.id)`.as(
        "accounts",
      ),
      ownedAccounts: sql<number>`${selectShared(ctx, sql`count(*)`)}`.as("owned_accounts"),
      blocked:
        sql<BlockingState | null>`(${selectShared(ctx, sql`max(nullif(accounts.blocking_state, 'unblocked'))`)})`.as(
          "blocked",
        ),
    })
    .from(users)
    .where(which);
}
export type FoundUser = Awaited<ReturnType<typeof userQuery>>[number];

/** Selects an expression over the accounts that the user is in and the caller owns. */
function selectShared(ctx: Context, expression: SQL): SQL {
  return sql`(select ${expression} from memberships as theirs join memberships as mine on mine.account_id = theirs.account_id and mine.user_id = ${callerConditions(ctx).userId} and mine.role = 'AOWNER' join accounts on accounts.id = theirs.account_id where theirs.user_id = users.id)`;
}

/** Returns a user that the caller may see. Throws `user_not_found`. One round trip. */
export async function getUser(ctx: Context, uuid: string): Promise<UserProfile> {
  const [caller, [found]] = await queryAsCaller(ctx, userQuery(ctx, eq(users.uuid, uuid)));
  return toProfile(checkVisible(caller, found));
}

/**
 * Throws `user_not_found` unless the user is the caller, or in an account that the caller owns, or the caller may
 * read all users.
 */
export function checkVisible(caller: Caller, found: FoundUser | undefined): FoundUser {
  const visible =
    found !== undefined &&
    (found.id === caller.id || found.ownedAccounts > 0 || caller.globalPermissions.has("users:read"));
  if (!visible) throw new DomainError("user_not_found");
  return found;
}

/**
 * Checks that the caller may change a user: themselves, any user with `users:write`, or as an owner a user who has
 * never signed in, is only in the owner's accounts and in no group. A group would give its permissions to anyone who
 * signs in with the address that the owner enters. Throws what `checkVisible` throws, `forbidden`, and
 * `account_blocked` if an owner's account is blocked.
 */
export function checkEditable(caller: Caller, found: FoundUser | undefined): FoundUser {
  const user = checkVisible(caller, found);
  if (user.id === caller.id || caller.globalPermissions.has("users:write")) return user;
  const editableByOwner =
    user.signedIn === 0 &&
    user.ownedAccounts > 0 &&
    user.ownedAccounts === user.accounts &&
    user.groups === "[]";
  if (!editableByOwner) throw new DomainError("forbidden", { permission: "users:write" });
  if (user.blocked !== null && isBlocked(user.blocked)) {
    throw new DomainError("account_blocked", { blockingState: user.blocked });
  }
  return user;
}

/** Aborts the batch with `conflict` unless the user is what was read and `checkEditable` would still succeed. */
export function assertEditable(ctx: Context, caller: Caller, user: FoundUser): Statement {
  const unbound = sql`not exists (select 1 from identities where user_id = ${user.id}) and not exists (select 1 from user_groups where user_id = ${user.id})`;
  const total = sql`(select count(*) from memberships where user_id = ${user.id})`;
  const owned = sql`(select count(*) from memberships as theirs join memberships as mine on mine.account_id = theirs.account_id where theirs.user_id = ${user.id} and mine.user_id = ${caller.id} and mine.role = 'AOWNER')`;
  const blocked = sql`exists (select 1 from memberships join accounts on accounts.id = memberships.account_id where memberships.user_id = ${user.id} and accounts.blocking_state <> 'unblocked')`;
  const byOwner = sql`(${unbound} and ${owned} > 0 and ${owned} = ${total} and not ${blocked})`;
  const { hasPermission } = callerConditions(ctx);
  const allowed = user.id === caller.id ? sql`true` : sql`(${hasPermission("users:write")} or ${byOwner})`;
  const same = sql`exists (select 1 from users where id = ${user.id} and email = ${user.email} and first_name = ${user.firstName} and last_name = ${user.lastName} and is_active = ${user.isActive} and (select json_group_array(group_id) from user_groups where user_id = ${user.id}) = ${user.groups})`;
  return assertion(ctx.db, "conflict", sql`${same} and ${allowed}`);
}
