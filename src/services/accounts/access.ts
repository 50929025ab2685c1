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
import { precondition, type Statement } from "../../storage/database.ts";
import { keepEach, keepStatement, runnable } from "../../storage/kept-query.ts";
import { accounts } from "../../storage/schema/accounts.ts";
import { memberships } from "../../storage/schema/memberships.ts";
import { zones } from "../../storage/schema/zones.ts";
import { askerOf, identitySlots, identityValues, isStillActive, type Active, type Asker } from "../asker.ts";
import type { Caller } from "../caller.ts";
import { callerId, keepForCaller, userIdOf } from "../credentials.ts";
import type { Context } from "../context.ts";

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
export type Standing = Pick<FoundAccount, "id" | "blockingState" | "quotaUntil" | "callerRole">;

/** An account the caller may do this to, with who the caller is and what it takes. */
export interface Access<Account extends Standing = FoundAccount> {
  readonly caller: Caller;
  readonly account: Account;
  readonly needed: Permission;
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
export function isNamed(by: AccountName["by"]): SQL {
  return eq(accounts[by], sql.placeholder("name"));
}

/** The id of that account. */
export function idNamed(by: AccountName["by"]): SQL<number> {
  return sql`(select accounts.id from accounts where ${isNamed(by)})`;
}

/** Whether the caller has a permission on an account, by role or on every account, for use inside any statement. */
export function hasOn({ me, has }: Asker, accountId: SQL, permission: Permission): SQL<boolean> {
  return sql`(${hasMembership(me, accountId, rolesGranting(permission))} or ${has(permission)})`;
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
  return runnable(ctx.db, selectAccount(new QueryBuilder(), callerId(ctx)).where(which));
}

const accountNamed = keepEach((by: AccountName["by"]) =>
  keepForCaller((queries, credentials) => selectAccount(queries, userIdOf(credentials)).where(isNamed(by))),
);

function selectAccount(queries: QueryBuilder, userId: SQL) {
  return queries
    .select({
      ...accountColumns,
      zoneSlug: sql<string | null>`${zones.slug}`.as("zone_slug"),
      ...placeAndRole,
    })
    .from(accounts)
    .leftJoin(zones, isItsZone)
    .leftJoin(memberships, isMembershipOf(userId));
}

/** Where an account's zone counts usage, and the caller's role: of a query that joins zones and memberships with what follows. */
export const placeAndRole = {
  zoneHint: sql<LocationHint | null>`${zones.locationHint}`.as("zone_hint"),
  callerRole: sql<AccountRole | null>`${memberships.role}`.as("caller_role"),
};

export const isItsZone = eq(zones.id, accounts.zoneId);

export function isMembershipOf(userId: SQL): SQL | undefined {
  return and(eq(memberships.userId, userId), eq(memberships.accountId, accounts.id));
}

/**
 * Asks the permission table whether the caller may do to this account what the operation needs, or
 * what is `needed` of this very request. Throws `account_unseen` to an outsider whether the account exists or not, `account_missing` only
 * to who may read every account, `forbidden` to who may see it, `account_blocked` for a change to
 * a blocked account by anyone but an operator.
 */
export function requireAccess<Account extends Standing>(
  ctx: Context,
  caller: Caller,
  found: Account | undefined,
  needed: Permission = neededPermission(ctx),
): Access<Account> {
  const seesAll = caller.everywhere.has("account:read");
  if (found === undefined) throw new DomainError(seesAll ? "account_missing" : "account_unseen");
  if (!caller.everywhere.has(needed) && !roleGrants(found.callerRole ?? undefined, needed)) {
    throw new DomainError(found.callerRole !== null || seesAll ? "forbidden" : "account_unseen");
  }
  const state = blockingStateAt(found.blockingState, found.quotaUntil, ctx.now);
  if (isBlocked(state) && isRefusedWhenBlocked(needed) && !caller.everywhere.has("manage")) {
    throw new DomainError("account_blocked", { blockingState: state });
  }
  return { caller, account: found, needed };
}

/**
 * What `requireAccess` found must still hold when the change is written: a caller deactivated, a
 * role taken or an account blocked in between makes the batch fail as `changed_meanwhile`.
 */
export function accessStillHolds(ctx: Context, access: Access): Statement {
  return mayStill(ctx, access, access.needed);
}

/**
 * Makes the statement that lets a batch fail as `changed_meanwhile` unless something still holds of a
 * caller and an account. Of each kind it is built once for callers with an issuer's token.
 */
export function keepAssertion<Kind>(
  holds: (asker: Asker, caller: Active, accountId: number | Placeholder, kind: Kind) => SQL,
): (ctx: Context, access: Access, kind: Kind) => Statement {
  const kept = keepEach((kind: Kind) =>
    keepStatement(["caller", "account"], (db, { caller, account }) =>
      precondition(
        db,
        "changed_meanwhile",
        holds(identitySlots, { id: caller, tokenId: null }, account, kind),
      ),
    ),
  );
  return (ctx, { caller, account }, kind) => {
    if (ctx.principal.kind === "identity") {
      return kept(kind)(ctx.db, { ...identityValues(ctx), caller: caller.id, account: account.id });
    }
    return precondition(ctx.db, "changed_meanwhile", holds(askerOf(ctx), caller, account.id, kind));
  };
}

const mayStill = keepAssertion(({ has }, caller, accountId, needed: Permission) => {
  const unblocked = sql`(${accounts.blockingState} = 'unblocked' or ${has("manage")})`;
  const state = isRefusedWhenBlocked(needed) ? sql` and ${unblocked}` : sql``;
  const there = sql`exists (select 1 from ${accounts} where ${accounts.id} = ${accountId}${state})`;
  const allowed = sql`(${has(needed)} or ${hasMembership(caller.id, accountId, rolesGranting(needed))})`;
  return sql`${isStillActive(caller)} and ${there} and ${allowed}`;
});

/** The permission the operation needs on the account. */
export function neededPermission({ need }: Context): Permission {
  if (need === "signed-in" || need === "open") {
    throw new Error("An operation on an account needs a row with a permission in the permission table");
  }
  return need;
}
