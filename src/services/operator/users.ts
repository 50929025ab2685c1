import { eq, getTableColumns, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { makePage, type PageRequest, pageWindow } from "../../domain/pagination.ts";
import { searchTerms } from "../../domain/search.ts";
import type { UserType } from "../../domain/user.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { users } from "../../storage/schema.ts";
import { queryAsCaller } from "../caller/caller.ts";
import type { Context } from "../caller/context.ts";
import { changedFields } from "../changed-fields.ts";
import { commit } from "../commit.ts";
import { checkAssignable, groupIdsQuery, setGroups } from "../groups/groups.ts";
import { allUsersQuery } from "../users/list.ts";
import type { ManagedPage } from "./accounts.ts";

/** A user in the operator API. */
export interface ManagedUser extends Omit<typeof users.$inferSelect, "searchText" | "emailKey"> {
  /** Group ids, ascending. */
  readonly groups: readonly number[];
}

/** A user's settings; omitted fields stay. */
export interface UserSettings {
  /** Never ROOT: operators come from the configuration. */
  readonly type?: Exclude<UserType, "ROOT"> | undefined;
  /** Ascending, without duplicates. */
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

/** Returns a page of all users, or of those that a search finds, by id. One round trip. */
export async function listManagedUsers(
  ctx: Context,
  search: string | undefined,
  request: PageRequest,
): Promise<ManagedPage<ManagedUser>> {
  const found = allUsersQuery<UserRow>(ctx, columns, searchTerms(search ?? ""), pageWindow(request));
  const [, rows] = await queryAsCaller(ctx, found.rows);
  const page = makePage(request, rows, 0, ({ id }) => [id]);
  return { items: page?.rows.map(toManagedUser) ?? [], next: page?.next };
}

/** Returns a user. Throws `user_not_found`. One round trip. */
export async function getManagedUser(ctx: Context, uuid: string): Promise<ManagedUser> {
  const [, [row]] = await queryAsCaller(ctx, userQuery(ctx, uuid));
  return toManagedUser(row);
}

/**
 * Changes a user's type and groups, and whether they are active; omitted fields stay. Throws `user_not_found`,
 * `group_unknown`, and `last_owner` if the only active owner of an account would be deactivated. Two round trips;
 * one if nothing changes.
 */
export function updateManagedUser(ctx: Context, uuid: string, settings: UserSettings): Promise<ManagedUser> {
  const { db } = ctx;
  return commit(ctx, [userQuery(ctx, uuid), groupIdsQuery(ctx)] as const, (caller, [row], knownGroups) => {
    const user = toManagedUser(row);
    checkAssignable(caller, settings.groups, user.groups, knownGroups);
    const changed = changedFields<Pick<ManagedUser, keyof UserSettings>>(user, settings);
    const names = Object.keys(changed) as (keyof UserSettings)[];
    if (names.length === 0) return { access: "manage", unchanged: user };

    const { type, isActive, groups } = { ...user, ...changed };
    return {
      access: "manage",
      assert: [assertUnchanged(ctx, user)],
      write: [
        db.update(users).set({ type, isActive }).where(eq(users.id, user.id)),
        ...(changed.groups === undefined ? [] : setGroups(ctx, uuid, groups)),
      ],
      audit: {
        accountId: null,
        action: "user.updated",
        target: `user:${uuid}`,
        changes: Object.fromEntries(
          names.map((name) => [name === "isActive" ? "is_active" : name, [user[name], changed[name]]]),
        ),
      },
      result: { ...user, type, isActive, groups },
    };
  });
}

function userQuery(ctx: Context, uuid: string) {
  return ctx.db.select(columns).from(users).where(eq(users.uuid, uuid));
}

function toManagedUser(row: UserRow | undefined): ManagedUser {
  if (row === undefined) throw new DomainError("user_not_found");
  const groups = (JSON.parse(row.groups) as number[]).sort((left, right) => left - right);
  return { ...row, groups };
}

/** Aborts the batch with `conflict` if the user's settings changed. */
function assertUnchanged(ctx: Context, { id, type, isActive, groups }: ManagedUser): Statement {
  const currentGroups = sql`(select json_group_array(group_id) from (select group_id from user_groups where user_id = ${id} order by group_id))`;
  const same = sql`exists (select 1 from users where id = ${id} and type = ${type} and is_active = ${isActive ? 1 : 0}) and ${currentGroups} = ${JSON.stringify(groups)}`;
  return assertion(ctx.db, "conflict", same);
}
