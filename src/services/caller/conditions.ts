/**
 * The caller inside SQL statements. Conditions hold placeholders instead of values, so a statement that uses
 * them can be prepared once for each kind of credentials; `callerParams` are the values of a request.
 */
import { sql, type Placeholder, type SQL } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { QueryBuilder } from "drizzle-orm/sqlite-core";

import type { Operators } from "../../domain/operators.ts";
import type { Permission } from "../../domain/permissions.ts";
import { assertion, type Database, type QueryParams, type Statement } from "../../storage/database.ts";
import {
  memoize,
  prepareQuery,
  prepareStatement,
  type BuiltQuery,
  type Params,
  type Placeholders,
} from "../../storage/prepared.ts";
import { groupPermissions, userGroups, users } from "../../storage/schema.ts";
import type { Context, Principal } from "./context.ts";

type CredentialsKind = Principal["kind"];

/** SQL conditions about the caller, for use inside any statement of the request. */
export interface CallerConditions {
  readonly kind: CredentialsKind;
  /** Selects the row that the credentials name, in `identities` or `personal_access_tokens`. */
  readonly matchesCredentials: SQL;
  /** The caller's user id; NULL before the first sign-in. */
  readonly userId: SQL<number>;
  /** The normal form of the caller's verified address; NULL without one. */
  readonly verifiedEmail: SQL<string | null>;
  /** Whether the caller has a permission on every account. */
  readonly hasPermission: (permission: Permission) => SQL<boolean>;
  /** Whether this user, who made the request, is active and the credentials still exist. */
  readonly isActive: (userId: number | Placeholder) => SQL<boolean>;
}

const identity = identityConditions();
const conditions: Readonly<Record<CredentialsKind, CallerConditions>> = {
  identity,
  token: tokenConditions(),
};

/** Returns the conditions for the credentials of a request. */
export function callerConditions({ principal }: Pick<Context, "principal">): CallerConditions {
  return conditions[principal.kind];
}

/** Returns the values of the placeholders in `callerConditions`. */
export function callerParams(principal: Principal, now: number, operators: Operators): QueryParams {
  if (principal.kind === "identity") {
    const { issuer, subject, verifiedEmail } = principal.identity;
    return { issuer, subject, operator: principal.operator ? 1 : 0, verifiedEmail: verifiedEmail ?? null };
  }
  return {
    tokenId: principal.id,
    secretHash: principal.secretHash,
    tokenNow: now,
    operatorEmails: JSON.stringify([...operators.emails]),
    operatorIdentities: JSON.stringify([...operators.identities]),
  };
}

/** Prepares a query that runs as the caller, once for each kind of credentials. */
export function prepareForCaller<Result>(
  build: (queries: QueryBuilder, caller: CallerConditions) => BuiltQuery<Result>,
): (ctx: Context, params?: QueryParams) => RunnableQuery<Result, "sqlite"> {
  const prepared = memoize((kind: CredentialsKind) =>
    prepareQuery((queries) => build(queries, conditions[kind])),
  );
  return (ctx, params) => prepared(ctx.principal.kind)(ctx.db, params);
}

/** Prepares a statement that writes as the caller, once for each kind of credentials. */
export function prepareStatementForCaller<Name extends string>(
  names: readonly Name[],
  build: (db: Database, caller: CallerConditions, placeholders: Placeholders<Name>) => Statement,
): (ctx: Context, params: Params<Name>) => Statement {
  const prepared = memoize((kind: CredentialsKind) =>
    prepareStatement(names, (db, placeholders) => build(db, conditions[kind], placeholders)),
  );
  return (ctx, params) => prepared(ctx.principal.kind)(ctx.db, params);
}

/** Aborts the batch with `conflict` if the caller was deactivated or deleted, or their token deleted. */
export const assertCallerActive = prepareStatementForCaller(["callerUser"], (db, caller, { callerUser }) =>
  assertion(db, "conflict", caller.isActive(callerUser)),
);

/** Aborts the batch with `conflict` if the caller is no longer active or lost a permission on every account. */
export function assertGlobalPermission(ctx: Context, callerUser: number, permission: Permission): Statement {
  return globalPermissionAssertion(permission)(ctx, { callerUser });
}

const globalPermissionAssertion = memoize((permission: Permission) =>
  prepareStatementForCaller(["callerUser"], (db, caller, { callerUser }) => {
    const holds = sql`${caller.isActive(callerUser)} and ${caller.hasPermission(permission)}`;
    return assertion(db, "conflict", holds);
  }),
);

function identityConditions(): CallerConditions {
  const matchesCredentials = sql`identities.issuer = ${sql.placeholder("issuer")} and identities.subject = ${sql.placeholder("subject")}`;
  const userId = sql<number>`(select identities.user_id from identities where ${matchesCredentials})`;
  return {
    kind: "identity",
    matchesCredentials,
    userId,
    verifiedEmail: sql`${sql.placeholder("verifiedEmail")}`,
    hasPermission: (permission) => sql`(${sql.placeholder("operator")} or ${isGranted(userId, permission)})`,
    isActive: userIsActive,
  };
}

function tokenConditions(): CallerConditions {
  const [tokenId, secretHash] = [sql.placeholder("tokenId"), sql.placeholder("secretHash")];
  // The secret is compared in constant time by the code that reads the caller.
  const matchesCredentials = sql`personal_access_tokens.id = ${tokenId} and (personal_access_tokens.expires_at is null or personal_access_tokens.expires_at > ${sql.placeholder("tokenNow")})`;
  const userId = sql<number>`(select user_id from personal_access_tokens where personal_access_tokens.secret_hash = ${secretHash} and ${matchesCredentials})`;
  // A token does not say who its user is to an issuer, so whether the user is an operator is decided here.
  const isAmong = (value: SQL, list: Placeholder) => sql`${value} in (select value from json_each(${list}))`;
  const isOperatorByEmail = sql`exists (select 1 from users where users.id = ${userId} and ${isAmong(sql`users.verified_email`, sql.placeholder("operatorEmails"))})`;
  const isOperatorByIdentity = sql`exists (select 1 from identities where identities.user_id = ${userId} and instr(identities.issuer, '|') = 0 and ${isAmong(sql`identities.issuer || '|' || identities.subject`, sql.placeholder("operatorIdentities"))})`;
  return {
    kind: "token",
    matchesCredentials,
    userId,
    verifiedEmail: sql`(select users.verified_email from users where users.id = ${userId})`,
    hasPermission: (permission) =>
      sql`(${isGranted(userId, permission)} or ${isOperatorByEmail} or ${isOperatorByIdentity})`,
    isActive: (id) =>
      sql`${userIsActive(id)} and exists (select 1 from personal_access_tokens where personal_access_tokens.id = ${tokenId})`,
  };
}

function isGranted(userId: SQL, permission: Permission): SQL<boolean> {
  return sql`exists (select 1 from ${userGroups} join ${groupPermissions} on ${groupPermissions.groupId} = ${userGroups.groupId} where ${userGroups.userId} = ${userId} and ${groupPermissions.permission} = ${permission})`;
}

function userIsActive(id: number | Placeholder): SQL<boolean> {
  return sql`exists (select 1 from ${users} where ${users.id} = ${id} and ${users.isActive})`;
}
