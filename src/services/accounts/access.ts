import { and, eq, getTableColumns, type Placeholder, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import { QueryBuilder } from "drizzle-orm/sqlite-core";

import { type AccountRole, blockingStateAt, isBlocked, slugKey } from "../../domain/account.ts";
import { DomainError } from "../../domain/errors.ts";
import {
  isRefusedWhenBlocked,
  type Permission,
  roleGrants,
  rolesGranting,
} from "../../domain/permissions.ts";
import { parseUuid } from "../../domain/uuid.ts";
import type { LocationHint } from "../../domain/zone.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { memoize, prepareStatement, uncached } from "../../storage/prepared.ts";
import { accounts, memberships, zones } from "../../storage/schema.ts";
import type { Caller } from "../caller/caller.ts";
import {
  type ActiveUser,
  callerConditions,
  type CallerConditions,
  identityConditions,
  identityParams,
  userIsActive,
} from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { callerId, prepareForCaller, userIdOf } from "../caller/credentials.ts";

/** An account as it is stored; its place in the order of titles is for the database alone. */
export type StoredAccount = Omit<typeof accounts.$inferSelect, "ordinal">;
const { ordinal: _, ...stored } = getTableColumns(accounts);
export const accountColumns = stored;

/** An account as the caller stands to it. */
export type FoundAccount = StoredAccount & {
  readonly zoneSlug: string | null;
  /** Where its zone counts usage. */
  readonly zoneHint: LocationHint | null;
  /** The caller's role on it; null for an outsider. */
  readonly callerRole: AccountRole | null;
};

/** What of an account decides what the caller may do to it. */
export type AccountStanding = Pick<FoundAccount, "id" | "blockingState" | "quotaUntil" | "callerRole">;

/** An account the caller may do this to, with who the caller is and what it takes. */
export interface Access<Account extends AccountStanding = FoundAccount> {
  readonly caller: Caller;
  readonly account: Account;
  readonly permission: Permission;
}

/** The account a path names, for use inside any statement. */
export class AccountName implements SQLWrapper {
  readonly by: "uuid" | "slug";
  readonly value: string;

  /** By uuid in any spelling, or by slug in any case. Never ambiguous: no slug looks like a uuid. */
  constructor(nameOrId: string) {
    const uuid = parseUuid(nameOrId);
    this.by = uuid === undefined ? "slug" : "uuid";
    this.value = uuid ?? slugKey(nameOrId);
  }

  getSQL(): SQL {
    return eq(accounts[this.by], this.value);
  }
}

/** Whether an account is the one named by the placeholder `name`, for a statement that is kept. */
export function matchesName(by: AccountName["by"]): SQL {
  return eq(accounts[by], sql.placeholder("name"));
}

/** The id of that account. */
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

/** Reads one account with the caller's role on it. */
export function accountQuery(
  ctx: Context,
  which: AccountName | SQL,
): RunnableQuery<FoundAccount[], "sqlite"> {
  if (which instanceof AccountName) return accountNamed(which.by)(ctx, { name: which.value });
  return uncached(ctx.db, selectAccount(new QueryBuilder(), callerId(ctx)).where(which));
}

const accountNamed = memoize((by: AccountName["by"]) =>
  prepareForCaller((queries, credentials) =>
    selectAccount(queries, userIdOf(credentials)).where(matchesName(by)),
  ),
);

function selectAccount(queries: QueryBuilder, userId: SQL) {
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

/** Where an account's zone counts usage, and the caller's role: of a query that joins zones and memberships with what follows. */
export const zoneAndRoleColumns = {
  zoneHint: sql<LocationHint | null>`${zones.locationHint}`.as("zone_hint"),
  callerRole: sql<AccountRole | null>`${memberships.role}`.as("caller_role"),
};

export const joinsZone = eq(zones.id, accounts.zoneId);

export function joinsMembership(userId: SQL): SQL | undefined {
  return and(eq(memberships.userId, userId), eq(memberships.accountId, accounts.id));
}

/**
 * Asks the permission table whether the caller may do to this account what the operation needs, or
 * what is `needed` of this very request. Throws `account_not_visible` to an outsider whether the account exists or not, `account_not_found` only
 * to who may read every account, `forbidden` to who may see it, `account_blocked` for a change to
 * a blocked account by anyone but an operator.
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
 * What `checkAccess` found must still hold when the change is written: a caller deactivated, a
 * role taken or an account blocked in between makes the batch fail as `conflict`.
 */
export function assertAccess(ctx: Context, access: Access): Statement {
  return assertPermission(ctx, access, access.permission);
}

/**
 * Makes the statement that lets a batch fail as `conflict` unless something still holds of a
 * caller and an account. Of each kind it is built once for callers with an issuer's token.
 */
export function prepareAssertion<Kind>(
  holds: (asker: CallerConditions, caller: ActiveUser, accountId: number | Placeholder, kind: Kind) => SQL,
): (ctx: Context, access: Access, kind: Kind) => Statement {
  const kept = memoize((kind: Kind) =>
    prepareStatement(["caller", "account"], (db, { caller, account }) =>
      assertion(db, "conflict", holds(identityConditions, { id: caller, tokenId: null }, account, kind)),
    ),
  );
  return (ctx, { caller, account }, kind) => {
    if (ctx.principal.kind === "identity") {
      return kept(kind)(ctx.db, { ...identityParams(ctx), caller: caller.id, account: account.id });
    }
    return assertion(ctx.db, "conflict", holds(callerConditions(ctx), caller, account.id, kind));
  };
}

const assertPermission = prepareAssertion(({ hasPermission }, caller, accountId, needed: Permission) => {
  const unblocked = sql`(${accounts.blockingState} = 'unblocked' or ${hasPermission("manage")})`;
  const state = isRefusedWhenBlocked(needed) ? sql` and ${unblocked}` : sql``;
  const there = sql`exists (select 1 from ${accounts} where ${accounts.id} = ${accountId}${state})`;
  const allowed = sql`(${hasPermission(needed)} or ${hasMembership(caller.id, accountId, rolesGranting(needed))})`;
  return sql`${userIsActive(caller)} and ${there} and ${allowed}`;
});

/** The permission the operation needs on the account. */
export function requiredPermission({ requires }: Context): Permission {
  if (requires === "signed-in" || requires === "open") {
    throw new Error("An operation on an account needs a row with a permission in the permission table");
  }
  return requires;
}

/**
 * The current organization: the one named, by uuid or slug, else the caller's only one. Matches
 * nothing when none is named and the caller is in none or in several.
 */
export function currentOrganization(ctx: Context, name: string | undefined): AccountName | SQL {
  if (name !== undefined) return new AccountName(name);
  const me = callerId(ctx);
  return eq(
    accounts.id,
    sql`(select case when count(*) = 1 then min(account_id) end from (select account_id from memberships where user_id = ${me} limit 2))`,
  );
}

/** `checkAccess` to the current organization; throws `organization_required` where none could be told. */
export function checkCurrentAccess(
  ctx: Context,
  caller: Caller,
  found: FoundAccount | undefined,
  name: string | undefined,
): Access {
  if (found === undefined && name === undefined) throw new DomainError("organization_required");
  return checkAccess(ctx, caller, found);
}
