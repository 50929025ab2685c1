import { and, eq, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Permission } from "../../domain/permissions.ts";
import { isUnsearchable } from "../../domain/search.ts";
import { searchKey } from "../../domain/text.ts";
import { memoize, prepareQuery, uncached } from "../../storage/prepared.ts";
import { accounts, memberships, users } from "../../storage/schema.ts";
import {
  type AccountName,
  accountQuery,
  checkAccess,
  hasAccountPermission,
  matchesName,
  requiredPermission,
} from "../accounts/access.ts";
import { queryAsCaller } from "../caller/caller.ts";
import {
  callerConditions,
  type CallerConditions,
  identityConditions,
  identityParams,
} from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { limitIf } from "../pagination.ts";

/** A user in the light of one account. */
export interface Member {
  readonly uuid: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly role: AccountRole;
}

/** One member. Throws what `checkAccess` throws, and `user_not_found` for who is none. One round trip. */
export async function getMember(ctx: Context, which: AccountName, uuid: string): Promise<Member> {
  const [member] = await readMembers(ctx, which, eq(users.uuid, uuid));
  if (member === undefined) throw new DomainError("user_not_found");
  return member;
}

/** All members, in the order they joined. Throws what `checkAccess` throws. One round trip. */
export function listMembers(ctx: Context, which: AccountName): Promise<readonly Member[]> {
  return readMembers(ctx, which, undefined);
}

/**
 * The members in whose name or address a text stands, whatever its case; every character is an
 * ordinary one. Throws what `checkAccess` throws. One round trip.
 */
export function searchMembers(ctx: Context, which: AccountName, query: string): Promise<readonly Member[]> {
  const text = searchKey(query);
  // Fields stand in lines of their own in what is searched; the names are looked through as one.
  if (isUnsearchable(text)) return readMembers(ctx, which, sql`false`);
  const firstLine = sql`instr(users.search_text, char(10))`;
  const address = sql`substr(users.search_text, 3, ${firstLine} - 3)`;
  const name = sql`trim(replace(substr(users.search_text, ${firstLine} + 3), char(10, 1, 1), ' '))`;
  return readMembers(ctx, which, sql`(instr(${address}, ${text}) or instr(${name}, ${text}))`);
}

async function readMembers(
  ctx: Context,
  which: AccountName,
  of: SQL | undefined,
): Promise<readonly Member[]> {
  const members =
    of === undefined && ctx.principal.kind === "identity"
      ? everyMember(ctx, which)
      : uncached(
          ctx.db,
          selectMembers(new QueryBuilder(), callerConditions(ctx), which, requiredPermission(ctx), of),
        );
  const [caller, [found], rows] = await queryAsCaller(ctx, accountQuery(ctx, which), members);
  checkAccess(ctx, caller, found);
  return rows;
}

function selectMembers(
  queries: QueryBuilder,
  asker: CallerConditions,
  which: SQLWrapper,
  needed: Permission,
  of: SQL | undefined,
) {
  const account = sql`(select ${accounts.id} from ${accounts} where ${which})`;
  // Who may not ask reads nothing of the account's members.
  const concerned = hasAccountPermission(asker, account, needed);
  return queries
    .select({
      uuid: users.uuid,
      firstName: users.firstName,
      lastName: users.lastName,
      email: users.email,
      role: memberships.role,
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(sql`memberships.account_id = ${account}`, of))
    .orderBy(sql`memberships.id`)
    .limit(limitIf(concerned, -1));
}

/** All members: asked for so often, and so many, that the query is kept, by the way the account is named and what it takes. */
const everyMemberOf = memoize((by: AccountName["by"]) =>
  memoize((needed: Permission) =>
    prepareQuery((queries) => {
      return selectMembers(queries, identityConditions, matchesName(by), needed, undefined);
    }),
  ),
);

function everyMember(ctx: Context, { by, value }: AccountName): RunnableQuery<Member[], "sqlite"> {
  const query = everyMemberOf(by)(requiredPermission(ctx));
  return query(ctx.db, { ...identityParams(ctx), name: value });
}
