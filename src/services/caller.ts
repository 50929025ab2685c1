import { and, eq, getTableColumns, isNull, lte, ne, or, sql, type SQL } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";

import { DomainError } from "../domain/errors.ts";
import { permissions, type Permission } from "../domain/permissions.ts";
import { normalEmail } from "../domain/user.ts";
import { precondition, runBatch, type Statement } from "../storage/database.ts";
import { groupPermissions, identities, userGroups, users } from "../storage/schema.ts";
import type { Context } from "./context.ts";
import { isOutdated, signIn } from "./sign-in.ts";

type UserRow = typeof users.$inferSelect;

/** The user who asks. `type` is ROOT for an operator, whatever is stored. */
export interface Caller extends UserRow {
  /** What the caller may do on every account. */
  readonly everywhere: ReadonlySet<Permission>;
}

/** How long `last_login` stands still, in milliseconds: no write on every request. */
const loginStep = 60 * 60 * 1000;

/**
 * Reads as the caller: the caller's own row and the given statements in one round trip. Throws
 * `user_inactive` for a deactivated user; a caller seen for the first time is signed in first.
 */
export async function readAs<Items extends readonly Statement[]>(
  ctx: Context,
  ...items: Items
): Promise<[Caller, ...BatchResponse<[...Items]>]> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const results = await runBatch(ctx.db, [callerQuery(ctx), ...items] as const);
    const [[row], ...rest] = results;
    if (row !== undefined) {
      if (isOutdated(ctx.principal.identity, row.tokensAfter)) throw new DomainError("token_invalid");
      if (!row.isActive) throw new DomainError("user_inactive");
      noteLogin(ctx, row);
      return [asCaller(ctx, row), ...rest] as unknown as [Caller, ...BatchResponse<[...Items]>];
    }
    await signIn(ctx);
  }
  throw new DomainError("token_invalid");
}

/** The caller's user id, for use inside any statement; NULL before the first sign-in. */
export function callerId({ principal: { identity } }: Context): SQL<number> {
  return sql`(select ${identities.userId} from ${identities} where ${identities.issuer} = ${identity.issuer} and ${identities.subject} = ${identity.subject})`;
}

/** Whether the caller has a permission on every account, for use inside any statement. */
export function hasEverywhere(ctx: Context, permission: Permission): SQL<boolean> {
  if (ctx.principal.operator) return sql`true`;
  return sql`exists (select 1 from ${userGroups} join ${groupPermissions} on ${groupPermissions.groupId} = ${userGroups.groupId} where ${userGroups.userId} = ${callerId(ctx)} and ${groupPermissions.permission} = ${permission})`;
}

/** Whether the caller has not been deactivated or deleted since it was read, for use inside any statement. */
export function isStillActive(caller: Caller): SQL<boolean> {
  return sql`exists (select 1 from ${users} where ${users.id} = ${caller.id} and ${users.isActive})`;
}

/** A batch with this fails as `changed_meanwhile` when the caller has been deactivated or deleted since. */
export function callerStillActive(ctx: Context, caller: Caller): Statement {
  return precondition(ctx.db, "changed_meanwhile", isStillActive(caller));
}

function callerQuery(ctx: Context) {
  // Names in full: within a selected expression drizzle leaves a column's table out.
  const granted = sql<string>`(select json_group_array(distinct group_permissions.permission) from user_groups join group_permissions on group_permissions.group_id = user_groups.group_id where user_groups.user_id = users.id)`;
  const { issuer, subject } = ctx.principal.identity;
  return ctx.db
    .select({
      ...getTableColumns(users),
      tokensAfter: identities.tokensAfter,
      granted: granted.as("granted"),
    })
    .from(identities)
    .innerJoin(users, eq(users.id, identities.userId))
    .where(and(eq(identities.issuer, issuer), eq(identities.subject, subject)));
}

type CallerRow = UserRow & { tokensAfter: number | null; granted: string };

function asCaller(ctx: Context, { granted, tokensAfter: _, ...row }: CallerRow): Caller {
  if (ctx.principal.operator) return { ...row, type: "ROOT", everywhere: new Set(permissions) };
  const known = new Set<string>(permissions);
  const names = (JSON.parse(granted) as string[]).filter((name): name is Permission => known.has(name));
  return { ...row, everywhere: new Set(names) };
}

/** Moves `last_login`, and the verified address where the token has another, after the answer. */
function noteLogin(ctx: Context, row: UserRow): void {
  const { identity } = ctx.principal;
  const verified =
    identity.emailVerified && identity.email !== undefined ? normalEmail(identity.email) : null;
  const sameAddress = verified === null || verified === row.verifiedEmail;
  if (sameAddress && row.lastLogin !== null && row.lastLogin > ctx.now - loginStep) return;
  const due = or(isNull(users.lastLogin), lte(users.lastLogin, ctx.now - loginStep));
  const moved =
    verified === null ? due : or(due, isNull(users.verifiedEmail), ne(users.verifiedEmail, verified));
  const update = ctx.db
    .update(users)
    .set({ lastLogin: ctx.now, ...(verified === null ? {} : { verifiedEmail: verified }) })
    .where(and(eq(users.id, row.id), moved));
  ctx.later(update.run());
}
