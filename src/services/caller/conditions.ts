/** The caller inside a statement: who they are, what they may do, and whether that still holds. */
import { type Placeholder, sql, type SQL } from "drizzle-orm";

import type { Permission } from "../../domain/permissions.ts";
import { assertion, type Statement } from "../../storage/database.ts";
import { groupPermissions, userGroups, users } from "../../storage/schema.ts";
import type { Caller } from "./caller.ts";
import type { Context } from "./context.ts";
import { callerId, callerParams, callerPlaceholders, userIdOf } from "./credentials.ts";

/** Whether the caller has a permission on every account, for use inside any statement. */
export function hasGlobalPermission(ctx: Context, permission: Permission): SQL<boolean> {
  const { principal } = ctx;
  if (principal.kind === "identity" && principal.operator) return sql`true`;
  const granted = isGranted(callerId(ctx), permission);
  const { emails, identities: named } = ctx.settings.operators;
  if (principal.kind === "identity" || emails.size + named.size === 0) return granted;
  // Whether the user of a token of ours is an operator, only the database knows.
  const among = (value: SQL, names: ReadonlySet<string>) =>
    sql`${value} in (select value from json_each(${JSON.stringify([...names])}))`;
  const byAddress = sql`exists (select 1 from users where users.id = ${callerId(ctx)} and ${among(sql`users.verified_email`, emails)})`;
  const byIdentity = sql`exists (select 1 from identities where identities.user_id = ${callerId(ctx)} and instr(identities.issuer, '|') = 0 and ${among(sql`identities.issuer || '|' || identities.subject`, named)})`;
  return sql`(${granted} or ${byAddress} or ${byIdentity})`;
}

/** Who the caller is, by user id, and what they may do on every account. */
export interface CallerConditions {
  readonly userId: SQL<number>;
  readonly hasPermission: (permission: Permission) => SQL<boolean>;
}

export function callerConditions(ctx: Context): CallerConditions {
  return { userId: callerId(ctx), hasPermission: (permission) => hasGlobalPermission(ctx, permission) };
}

/** A caller with an issuer's token in a query that is kept: by placeholders, which `identityParams` fills. */
export const identityConditions: CallerConditions = {
  userId: userIdOf(callerPlaceholders.identity),
  hasPermission: (permission) =>
    sql`(${sql.placeholder("operator")} or ${isGranted(userIdOf(callerPlaceholders.identity), permission)})`,
};

export function identityParams(ctx: Context) {
  const operator = ctx.principal.kind === "identity" && ctx.principal.operator ? 1 : 0;
  return { ...callerParams(ctx), operator };
}

function isGranted(userId: SQL, permission: Permission): SQL<boolean> {
  return sql`exists (select 1 from ${userGroups} join ${groupPermissions} on ${groupPermissions.groupId} = ${userGroups.groupId} where ${userGroups.userId} = ${userId} and ${groupPermissions.permission} = ${permission})`;
}

/** Who must be active still, by user and by the token they came with. */
export interface ActiveUser {
  readonly id: number | Placeholder;
  readonly tokenId: string | null;
}

/** Whether the caller has not been deactivated or deleted, nor their token, since it was read, for use inside any statement. */
export function userIsActive({ id, tokenId }: ActiveUser): SQL<boolean> {
  const active = sql<boolean>`exists (select 1 from ${users} where ${users.id} = ${id} and ${users.isActive})`;
  if (tokenId === null) return active;
  return sql`${active} and exists (select 1 from personal_access_tokens where personal_access_tokens.id = ${tokenId})`;
}

/** A batch with this fails as `conflict` when the caller has been deactivated or deleted since. */
export function assertCallerActive(ctx: Context, caller: Caller): Statement {
  return assertion(ctx.db, "conflict", userIsActive(caller));
}

/** A batch with this fails as `conflict` when the caller is no operator any more. */
export function assertOperator(ctx: Context, caller: Caller): Statement {
  const still = sql`${userIsActive(caller)} and ${hasGlobalPermission(ctx, "manage")}`;
  return assertion(ctx.db, "conflict", still);
}
