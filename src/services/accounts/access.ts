import { and, eq, getTableColumns, sql, type Placeholder, type SQL, type SQLWrapper } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import { blockingStateAt, isBlocked, slugKey, type AccountRole } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import {
  isRefusedWhenBlocked,
  roleGrants,
  rolesGranting,
  type Permission,
} from "../../domain/permissions.ts";
import { parseUuid } from "../../domain/uuid.ts";
import type { LocationHint } from "../../domain/zone.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { memoize, uncached } from "../../storage/prepared.ts";
import { accounts, memberships, zones } from "../../storage/schema.ts";
import type { Caller } from "../caller/caller.ts";
import {
  callerConditions,
  prepareForCaller,
  prepareStatementForCaller,
  type CallerConditions,
} from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";

/** An account's row. Its ordinal is only for the database's ordering. */
export type StoredAccount = Omit<typeof accounts.$inferSelect, "ordinal">;
const { ordinal: _, ...stored } = getTableColumns(accounts);
export const accountColumns = stored;

/** An account together with the caller's role on it. */
export type FoundAccount = StoredAccount & {
  readonly zoneSlug: string | null;
  /** Location hint of the account's zone, for its usage object. */
  readonly zoneHint: LocationHint | null;
  /** The caller's role on it; null if they are not a member. */
  readonly callerRole: AccountRole | null;
};

/** The fields of an account that decide what the caller may do to it. */
export type AccountStanding = Pick<FoundAccount, "id" | "blockingState" | "quotaUntil" | "callerRole">;

/** An account, the caller, and the permission that the caller was found to have on it. */
export interface Access<Account extends AccountStanding = FoundAccount> {
  readonly caller: Caller;
  readonly account: Account;
  readonly permission: Permission;
}

/** The account named in a path, for use inside any statement. */
export class AccountName implements SQLWrapper {
  readonly by: "uuid" | "slug";
  readonly value: string;

  /** By uuid in any spelling, or by slug in any case. Never ambiguous: a slug cannot look like a uuid. */
  constructor(nameOrId: string) {
    const uuid = parseUuid(nameOrId);
    this.by = uuid === undefined ? "slug" : "uuid";
    this.value = uuid ?? slugKey(nameOrId);
  }

  getSQL(): SQL {
    return eq(accounts[this.by], this.value);
  }
}

/** Matches the account named by the placeholder `name`, for prepared statements. */
export function matchesName(by: AccountName["by"]): SQL {
  return eq(accounts[by], sql.placeholder("name"));
}

/** The id of the account named by the placeholder `name`. */
export function accountIdByName(by: AccountName["by"]): SQL<number> {
  return sql`(select accounts.id from accounts where ${matchesName(by)})`;
}

/** Whether the caller has a permission on an account, by role or on every account, for use inside any statement. */
export function hasAccountPermission(
  { userId, hasPermission }: CallerConditions,
  accountId: SQL,
  permission: Permission,
): SQL<boolean> {
  return sql`(${hasMembership(userId, accountId, rolesGranting(permission))} or ${hasPermission(permission)})`;
}

/** Whether a user has one of these roles on an account, for use inside any statement. */
export function hasMembership(
  userId: SQL | Placeholder | number,
  accountId: SQL | Placeholder | number,
  roles: readonly AccountRole[],
): SQL<boolean> {
  if (roles.length === 0) return sql`false`;
  const names = sql.raw(roles.map((role) => `'${role}'`).join(", "));
  return sql`exists (select 1 from memberships as own where own.user_id = ${userId} and own.account_id = ${accountId} and own.role in (${names}))`;
}

/** Selects one account with the caller's role on it. */
export function accountQuery(
  ctx: Context,
  which: AccountName | SQL,
): RunnableQuery<FoundAccount[], "sqlite"> {
  if (which instanceof AccountName) return accountByName(which.by)(ctx, { name: which.value });
  return uncached(ctx.db, selectAccount(new QueryBuilder(), callerConditions(ctx)).where(which));
}

const accountByName = memoize((by: AccountName["by"]) =>
  prepareForCaller((queries, caller) => selectAccount(queries, caller).where(matchesName(by))),
);

function selectAccount(queries: QueryBuilder, { userId }: CallerConditions) {
  return queries
    .select({
      ...accountColumns,
      zoneSlug: sql<string | null>`${zones.slug}`.as("zone_slug"),
      ...zoneAndRoleColumns,
    })
    .from(accounts)
    .leftJoin(zones, joinsZone)
    .leftJoin(memberships, joinsMembership(userId));
}

/** The zone's location hint and the caller's role, for queries that join zones and memberships as below. */
export const zoneAndRoleColumns = {
  zoneHint: sql<LocationHint | null>`${zones.locationHint}`.as("zone_hint"),
  callerRole: sql<AccountRole | null>`${memberships.role}`.as("caller_role"),
};

export const joinsZone = eq(zones.id, accounts.zoneId);

export function joinsMembership(userId: SQL): SQL | undefined {
  return and(eq(memberships.userId, userId), eq(memberships.accountId, accounts.id));
}

/**
 * Checks that the caller has `permission` on the account: the one that the operation requires, unless given.
 * Throws `account_not_visible` to outsiders, whether the account exists or not; `account_not_found` only to
 * callers who may read every account; `forbidden`; and `account_blocked` for a change to a blocked account by
 * anyone but an operator.
 */
export function checkAccess<Account extends AccountStanding>(
  ctx: Context,
  caller: Caller,
  found: Account | undefined,
  permission: Permission = requiredPermission(ctx),
): Access<Account> {
  const seesAll = caller.globalPermissions.has("account:read");
  if (found === undefined) throw new DomainError(seesAll ? "account_not_found" : "account_not_visible");
  if (!caller.globalPermissions.has(permission) && !roleGrants(found.callerRole ?? undefined, permission)) {
    const visible = found.callerRole !== null || seesAll;
    throw visible ? new DomainError("forbidden", { permission }) : new DomainError("account_not_visible");
  }
  const state = blockingStateAt(found.blockingState, found.quotaUntil, ctx.now);
  if (isBlocked(state) && isRefusedWhenBlocked(permission) && !caller.globalPermissions.has("manage")) {
    throw new DomainError("account_blocked", { blockingState: state });
  }
  return { caller, account: found, permission };
}

/**
 * Aborts the batch with `conflict` unless `checkAccess` would still succeed: the caller may have been
 * deactivated, lost the role, or the account been blocked in between.
 */
export function assertAccess(ctx: Context, access: Access): Statement {
  return assertPermission(ctx, access, access.permission);
}

/** Prepares an assertion about the caller and an account, once for each `kind` and kind of credentials. */
export function prepareAssertion<Kind>(
  condition: (caller: CallerConditions, callerUser: Placeholder, accountId: Placeholder, kind: Kind) => SQL,
): (ctx: Context, access: Access, kind: Kind) => Statement {
  const prepared = memoize((kind: Kind) =>
    prepareStatementForCaller(["callerUser", "account"], (db, caller, { callerUser, account }) =>
      assertion(db, "conflict", condition(caller, callerUser, account, kind)),
    ),
  );
  return (ctx, { caller, account }, kind) =>
    prepared(kind)(ctx, { callerUser: caller.id, account: account.id });
}

const assertPermission = prepareAssertion((caller, callerUser, accountId, permission: Permission) => {
  const unblocked = sql`(${accounts.blockingState} = 'unblocked' or ${caller.hasPermission("manage")})`;
  const state = isRefusedWhenBlocked(permission) ? sql` and ${unblocked}` : sql``;
  const exists = sql`exists (select 1 from ${accounts} where ${accounts.id} = ${accountId}${state})`;
  const allowed = sql`(${caller.hasPermission(permission)} or ${hasMembership(callerUser, accountId, rolesGranting(permission))})`;
  return sql`${caller.isActive(callerUser)} and ${exists} and ${allowed}`;
});

/** Returns the permission that the operation requires on the account. */
export function requiredPermission({ requires }: Context): Permission {
  if (requires === "signed-in" || requires === "open") {
    throw new Error("The permission table names no permission for an operation on an account");
  }
  return requires;
}

/**
 * Returns the current organization: the named one, by uuid or slug, else the caller's only one. Matches
 * nothing if none is named and the caller is in none or in several.
 */
export function currentOrganization(ctx: Context, name: string | undefined): AccountName | SQL {
  if (name !== undefined) return new AccountName(name);
  const { userId } = callerConditions(ctx);
  return eq(
    accounts.id,
    sql`(select case when count(*) = 1 then min(account_id) end from (select account_id from memberships where user_id = ${userId} limit 2))`,
  );
}

/** Checks access to the current organization. Throws `organization_required` if none was named and none follows. */
export function checkCurrentAccess(
  ctx: Context,
  caller: Caller,
  found: FoundAccount | undefined,
  name: string | undefined,
): Access {
  if (found === undefined && name === undefined) throw new DomainError("organization_required");
  return checkAccess(ctx, caller, found);
}
