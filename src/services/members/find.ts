import { and, eq, sql, type SQL } from "drizzle-orm";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Permission } from "../../domain/permissions.ts";
import { isUnsearchable } from "../../domain/search.ts";
import { searchKey } from "../../domain/text.ts";
import type { QueryParams } from "../../storage/database.ts";
import { memoize } from "../../storage/prepared.ts";
import { memberships, users } from "../../storage/schema.ts";
import {
  accountIdByName,
  type AccountName,
  accountQuery,
  checkAccess,
  hasAccountPermission,
  requiredPermission,
} from "../accounts/access.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { prepareForCaller } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { limitIf } from "../pagination.ts";

/** A user as a member of an account. */
export interface Member {
  readonly uuid: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly role: AccountRole;
}

/** Returns a member. Throws what `checkAccess` throws, and `user_not_found`. One round trip. */
export async function getMember(ctx: Context, which: AccountName, uuid: string): Promise<Member> {
  const [member] = await readMembers(ctx, which, "uuid", { uuid });
  if (member === undefined) throw new DomainError("user_not_found");
  return member;
}

/** Returns all members in the order in which they joined. Throws what `checkAccess` throws. One round trip. */
export function listMembers(ctx: Context, which: AccountName): Promise<readonly Member[]> {
  return readMembers(ctx, which, "all", {});
}

/**
 * Returns the members whose name or address contains a text, in any case; every character is literal. Throws what
 * `checkAccess` throws. One round trip.
 */
export function searchMembers(ctx: Context, which: AccountName, query: string): Promise<readonly Member[]> {
  const text = searchKey(query);
  return isUnsearchable(text)
    ? readMembers(ctx, which, "none", {})
    : readMembers(ctx, which, "text", { text });
}

type Filter = "all" | "none" | "uuid" | "text";

async function readMembers(
  ctx: Context,
  which: AccountName,
  filter: Filter,
  params: QueryParams,
): Promise<readonly Member[]> {
  const query = membersQuery(filter)(which.by)(requiredPermission(ctx));
  const members = query(ctx, { ...params, name: which.value });
  const [caller, [found], rows] = await queryAsCaller(ctx, accountQuery(ctx, which), members);
  checkAccess(ctx, caller, found);
  return rows;
}

const membersQuery = memoize((filter: Filter) =>
  memoize((by: AccountName["by"]) =>
    memoize((permission: Permission) =>
      prepareForCaller((queries, caller) => {
        const account = accountIdByName(by);
        return (
          queries
            .select({
              uuid: users.uuid,
              firstName: users.firstName,
              lastName: users.lastName,
              email: users.email,
              role: memberships.role,
            })
            .from(memberships)
            .innerJoin(users, eq(users.id, memberships.userId))
            .where(and(sql`memberships.account_id = ${account}`, condition(filter)))
            .orderBy(sql`memberships.id`)
            // Callers without the permission read no rows.
            .limit(limitIf(hasAccountPermission(caller, account, permission), -1))
        );
      }),
    ),
  ),
);

function condition(filter: Filter): SQL | undefined {
  if (filter === "all") return undefined;
  if (filter === "none") return sql`false`;
  if (filter === "uuid") return eq(users.uuid, sql.placeholder("uuid"));
  // The search text has a line per field: address, first name, last name. The names are searched as one.
  const text = sql.placeholder("text");
  const firstLine = sql`instr(users.search_text, char(10))`;
  const address = sql`substr(users.search_text, 3, ${firstLine} - 3)`;
  const name = sql`trim(replace(substr(users.search_text, ${firstLine} + 3), char(10, 1, 1), ' '))`;
  return sql`(instr(${address}, ${text}) or instr(${name}, ${text}))`;
}
