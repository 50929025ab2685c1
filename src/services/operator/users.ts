import { eq, getTableColumns, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { makePage, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import { searchTerms } from "../../domain/search.ts";
import type { UserType } from "../../domain/user.ts";
import { assertion, runBatch, type Statement } from "../../storage/database.ts";
import { users } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { assertOperator } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { checkAssignable, groupIdsQuery, groupsDiffer, setGroups } from "../groups/assign.ts";
import { allUsersQuery } from "../users/list.ts";
import type { ManagedPage } from "./accounts.ts";

/** A user as the operator sees them. */
export interface ManagedUser extends Omit<typeof users.$inferSelect, "searchText" | "emailKey"> {
  /** The groups' keys, ascending. */
  readonly groups: readonly number[];
}

/** What an operator sets on a user; a key left out stays. */
export interface UserSettings {
  /** Never ROOT: an operator is who the configuration names. */
  readonly type?: Exclude<UserType, "ROOT"> | undefined;
  /** Ascending, none twice. */
  readonly groups?: readonly number[] | undefined;
  readonly isActive?: boolean | undefined;
}

const columns = {
  ...getTableColumns(users),
  groups:
    sql<string>`(select json_group_array(group_id) from user_groups where user_groups.user_id = users.id)`.as(
      "user_groups",
    ),
};
type UserRow = typeof users.$inferSelect & { readonly groups: string };

/** A page of all users, or of those a search finds, by id. One round trip. */
export async function listManagedUsers(
  ctx: Context,
  search: string | undefined,
  request: PageRequest,
): Promise<ManagedPage<ManagedUser>> {
  const found = allUsersQuery<UserRow>(ctx, columns, searchTerms(search ?? ""), pageWindow(request));
  const [, rows] = await queryAsCaller(ctx, found.rows);
  const page = makePage(request, rows, 0, ({ id }) => [id]);
  return { items: page?.rows.map(asManaged) ?? [], next: page?.next };
}

/** One user. Throws `user_not_found`. One round trip. */
export async function getManagedUser(ctx: Context, uuid: string): Promise<ManagedUser> {
  const [, [row]] = await queryAsCaller(ctx, userQuery(ctx, uuid));
  return requireUser(row);
}

/**
 * Sets a user's type and groups, and whether they are active. Throws `user_not_found`,
 * `group_unknown`, and `last_owner` when the only active owner of an account would be deactivated.
 * Two round trips; one when nothing changes.
 */
export async function updateManagedUser(
  ctx: Context,
  uuid: string,
  settings: UserSettings,
): Promise<ManagedUser> {
  const { db } = ctx;
  const [caller, [row], known] = await queryAsCaller(ctx, userQuery(ctx, uuid), groupIdsQuery(ctx));
  const user = requireUser(row);
  const { type = user.type, groups = user.groups, isActive = user.isActive } = settings;
  checkAssignable(caller, groups, user.groups, known);
  const regroup = groupsDiffer(groups, user.groups);
  if (type === user.type && isActive === user.isActive && !regroup) return user;

  await runBatch(db, [
    assertOperator(ctx, caller),
    stillAsRead(ctx, user),
    db.update(users).set({ type, isActive }).where(eq(users.id, user.id)),
    ...(regroup ? setGroups(ctx, uuid, groups) : []),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "user.updated",
      target: `user:${uuid}`,
      changes: {
        ...(type === user.type ? {} : { type: [user.type, type] as const }),
        ...(isActive === user.isActive ? {} : { is_active: [user.isActive, isActive] as const }),
        ...(regroup ? { groups: [user.groups, groups] as const } : {}),
      },
    }),
  ]);
  return { ...user, type, isActive, groups };
}

function userQuery(ctx: Context, uuid: string) {
  return ctx.db.select(columns).from(users).where(eq(users.uuid, uuid));
}

function requireUser(row: UserRow | undefined): ManagedUser {
  if (row === undefined) throw new DomainError("user_not_found");
  return asManaged(row);
}

function asManaged({ groups, ...row }: UserRow): ManagedUser {
  return { ...row, groups: (JSON.parse(groups) as number[]).sort((left, right) => left - right) };
}

function stillAsRead(ctx: Context, { id, type, isActive, groups }: ManagedUser): Statement {
  const grouped = sql`(select json_group_array(group_id) from (select group_id from user_groups where user_id = ${id} order by group_id))`;
  const same = sql`exists (select 1 from users where id = ${id} and type = ${type} and is_active = ${isActive ? 1 : 0}) and ${grouped} = ${JSON.stringify(groups)}`;
  return assertion(ctx.db, "conflict", same);
}
