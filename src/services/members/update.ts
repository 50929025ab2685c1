import { and, eq, inArray, sql } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { memoize, prepareQuery, prepareStatement } from "../../storage/prepared.ts";
import { memberships, users } from "../../storage/schema.ts";
import {
  accountIdByName,
  accountQuery,
  checkAccess,
  type Access,
  type AccountName,
} from "../accounts/access.ts";
import { assertSeatsAvailable } from "../accounts/limits.ts";
import type { Context } from "../caller/context.ts";
import { commit, type Change, type NoChange } from "../commit.ts";
import { changeRoles } from "./memberships.ts";

/** Users to add or whose role changes, and members to remove. No user may be in both. */
export interface MemberChanges {
  readonly add: readonly { readonly uuid: string; readonly role: AccountRole }[];
  readonly remove: readonly string[];
}

/**
 * Adds members, changes their roles and removes them, all or nothing. Removing a user who is not a member
 * changes nothing. Throws what `checkAccess` throws, `user_not_found` with the uuids of unknown added users,
 * `seat_limit_reached`, and `last_owner` if no active owner would be left. Two round trips; one if nothing changes.
 */
export function updateMembers(ctx: Context, which: AccountName, changes: MemberChanges): Promise<void> {
  const uuids = [...changes.add.map(({ uuid }) => uuid), ...changes.remove];
  const reads = [accountQuery(ctx, which), usersQuery(ctx, which, uuids)] as const;
  return commit(ctx, reads, (caller, [found], known) => {
    const access = checkAccess(ctx, caller, found);
    const knownUuids = new Set(known.map(({ uuid }) => uuid));
    const unknown = changes.add.map(({ uuid }) => uuid).filter((uuid) => !knownUuids.has(uuid));
    if (unknown.length > 0) throw new DomainError("user_not_found", { values: unknown });
    return changeMembers(ctx, access, known, (user) => roleAfter(changes, user));
  });
}

/**
 * Removes a member: the caller themselves, or another if the caller may change members. Throws what
 * `checkAccess` throws, and `user_not_found` if the user is not a member. A blocked account can be left. Two
 * round trips.
 */
export function removeMember(ctx: Context, which: AccountName, uuid: string): Promise<void> {
  const reads = [accountQuery(ctx, which), usersQuery(ctx, which, [uuid])] as const;
  return commit(ctx, reads, (caller, [found], known) => {
    const access = checkAccess(ctx, caller, found, caller.uuid === uuid ? undefined : "members:write");
    if (known[0]?.role == null) throw new DomainError("user_not_found");
    return changeMembers(ctx, access, known, () => null);
  });
}

interface KnownUser {
  readonly id: number;
  readonly uuid: string;
  /** Their role on the account; null if they are not a member. */
  readonly role: AccountRole | null;
}

function usersQuery(ctx: Context, { by, value }: AccountName, uuids: readonly string[]) {
  return usersWithRole(by)(ctx.db, { name: value, uuids: JSON.stringify(uuids) });
}

const usersWithRole = memoize((by: AccountName["by"]) => {
  const inAccount = sql`memberships.account_id = ${accountIdByName(by)}`;
  const uuids = sql`(select value from json_each(${sql.placeholder("uuids")}))`;
  return prepareQuery((queries) =>
    queries
      .select({ id: users.id, uuid: users.uuid, role: sql<AccountRole | null>`memberships.role`.as("role") })
      .from(users)
      .leftJoin(memberships, and(eq(memberships.userId, users.id), inAccount))
      .where(inArray(users.uuid, uuids))
      .orderBy(users.id),
  );
});

function roleAfter({ add, remove }: MemberChanges, { uuid, role }: KnownUser): AccountRole | null {
  if (remove.includes(uuid)) return null;
  return add.find((added) => added.uuid === uuid)?.role ?? role;
}

function changeMembers(
  ctx: Context,
  access: Access,
  known: readonly KnownUser[],
  after: (user: KnownUser) => AccountRole | null,
): Change<undefined> | NoChange<undefined> {
  const { account } = access;
  const changes = known
    .map((user) => ({ ...user, next: after(user) }))
    .filter(({ role, next }) => role !== next);
  const [first, ...rest] = changeRoles(ctx, account.id, changes);
  if (first === undefined) return { access, unchanged: undefined };
  const joining = changes.filter(({ role }) => role === null).length;
  const leaving = changes.filter(({ next }) => next === null).length;
  const seats = joining - leaving;
  return {
    access,
    assert: [
      assertRolesUnchanged(ctx, account.id, known),
      ...(seats > 0 ? [assertSeatsAvailable(ctx, account, seats)] : []),
    ],
    write: [first, ...rest],
    audit: {
      accountId: account.id,
      action: "members.updated",
      target: `account:${account.uuid}`,
      changes: Object.fromEntries(changes.map(({ uuid, role, next }) => [uuid, [role, next]])),
    },
    result: undefined,
  };
}

/** Aborts the batch with `conflict` unless the users still exist with the roles they were read with. */
function assertRolesUnchanged({ db }: Context, accountId: number, known: readonly KnownUser[]): Statement {
  return rolesUnchanged(db, { accountId, read: JSON.stringify(known.map(({ id, role }) => [id, role])) });
}

const rolesUnchanged = prepareStatement(["accountId", "read"], (db, { accountId, read }) => {
  const changed = sql`select 1 from json_each(${read}) as known left join users on users.id = json_extract(known.value, '$[0]') left join memberships on memberships.user_id = users.id and memberships.account_id = ${accountId} where users.id is null or memberships.role is not json_extract(known.value, '$[1]')`;
  return assertion(db, "conflict", sql`not exists (${changed})`);
});
