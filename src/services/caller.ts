import { and, eq, isNull, lte, ne, or, sql, type Placeholder, type SQL } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";

import { DomainError } from "../domain/errors.ts";
import { isOperator } from "../domain/operators.ts";
import { permissions, type Permission } from "../domain/permissions.ts";
import { precondition, runBatch, type Statement } from "../storage/database.ts";
import { groupPermissions, userGroups } from "../storage/schema/groups.ts";
import { personalAccessTokens } from "../storage/schema/personal-access-tokens.ts";
import { users } from "../storage/schema/users.ts";
import type { Context, Principal } from "./context.ts";
import { callerQuery, type CallerRow } from "./caller-query.ts";
import { callerId, credentialsOf, placeholders, userIdOf } from "./credentials.ts";
import { keptQuery, requireNew } from "./repeats.ts";
import { isOutdated, signIn } from "./sign-in.ts";
import { isSameHash } from "./tokens/secret.ts";

/** The user who asks. `type` is ROOT for an operator, whatever is stored. */
export interface Caller extends Omit<
  CallerRow,
  "granted" | "tokensAfter" | "secretHash" | "lastUsedAt" | "named"
> {
  /** What the caller may do on every account; operators alone have `manage`. */
  readonly everywhere: ReadonlySet<Permission>;
  /** The personal access token the caller came with, if one. */
  readonly tokenId: string | null;
}

/** How long `last_login` and a token's last use stand still, in milliseconds: no write on every request. */
const useStep = 60 * 60 * 1000;

/**
 * Reads as the caller: the caller's own row and the given statements in one round trip. Throws
 * `token_invalid`, `user_inactive` for a deactivated user, `forbidden` where the operation is the
 * operator's; a caller seen for the first time is signed in first.
 */
export async function readAs<Items extends readonly Statement[]>(
  ctx: Context,
  ...items: Items
): Promise<[Caller, ...BatchResponse<[...Items]>]> {
  const { principal, repeatable } = ctx;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { row, kept, rest } = await readRow(ctx, items);
    if (row !== undefined) {
      const caller = asCaller(ctx, row);
      if (repeatable !== undefined) requireNew(repeatable, kept);
      noteUse(ctx, row);
      return [caller, ...rest];
    }
    if (principal.kind === "token") break;
    await signIn(ctx, principal.identity);
  }
  throw new DomainError("token_invalid");
}

/** Reads the caller's row, what is kept of the same request, and the given statements. */
async function readRow<Items extends readonly Statement[]>(ctx: Context, items: Items) {
  const { db, repeatable } = ctx;
  if (repeatable === undefined) {
    const [[row], ...rest] = await runBatch(db, [callerQuery(ctx), ...items] as const);
    return { row, kept: undefined, rest };
  }
  const query = keptQuery(ctx, repeatable, callerId(ctx));
  const [[row], [kept], ...rest] = await runBatch(db, [callerQuery(ctx), query, ...items] as const);
  return { row, kept, rest };
}

/**
 * Reads as an operator who may be unknown here, and stays so: into an empty service no user must
 * come but those imported. One round trip. Throws `token_invalid`, `user_inactive` and `forbidden`.
 */
export async function readAsOperator<Items extends readonly Statement[]>(
  ctx: Context,
  ...items: Items
): Promise<BatchResponse<[...Items]>> {
  const { principal } = ctx;
  const [[row], ...rest] = await runBatch(ctx.db, [callerQuery(ctx), ...items] as const);
  if (row !== undefined) asCaller(ctx, row);
  else if (principal.kind === "token") throw new DomainError("token_invalid");
  else if (!principal.operator) throw new DomainError("forbidden");
  return rest;
}

/** Whether the caller has a permission on every account, for use inside any statement. */
export function hasEverywhere(ctx: Context, permission: Permission): SQL<boolean> {
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

/** The caller inside a statement: who they are, and what they may do on every account. */
export interface Asker {
  readonly me: SQL<number>;
  readonly has: (permission: Permission) => SQL<boolean>;
}

export function askerOf(ctx: Context): Asker {
  return { me: callerId(ctx), has: (permission) => hasEverywhere(ctx, permission) };
}

/** A caller with an issuer's token in a query that is kept: by placeholders, which `identityValues` fills. */
export const identitySlots: Asker = {
  me: userIdOf(placeholders.identity),
  has: (permission) =>
    sql`(${sql.placeholder("operator")} or ${isGranted(userIdOf(placeholders.identity), permission)})`,
};

export function identityValues(ctx: Context) {
  const operator = ctx.principal.kind === "identity" && ctx.principal.operator ? 1 : 0;
  return { ...credentialsOf(ctx), operator };
}

function isGranted(userId: SQL, permission: Permission): SQL<boolean> {
  return sql`exists (select 1 from ${userGroups} join ${groupPermissions} on ${groupPermissions.groupId} = ${userGroups.groupId} where ${userGroups.userId} = ${userId} and ${groupPermissions.permission} = ${permission})`;
}

/** Who must be active still, by user and by the token they came with. */
export interface Active {
  readonly id: number | Placeholder;
  readonly tokenId: string | null;
}

/** Whether the caller has not been deactivated or deleted, nor their token, since it was read, for use inside any statement. */
export function isStillActive({ id, tokenId }: Active): SQL<boolean> {
  const active = sql<boolean>`exists (select 1 from ${users} where ${users.id} = ${id} and ${users.isActive})`;
  if (tokenId === null) return active;
  return sql`${active} and exists (select 1 from personal_access_tokens where personal_access_tokens.id = ${tokenId})`;
}

/** A batch with this fails as `changed_meanwhile` when the caller has been deactivated or deleted since. */
export function callerStillActive(ctx: Context, caller: Caller): Statement {
  return precondition(ctx.db, "changed_meanwhile", isStillActive(caller));
}

/** A batch with this fails as `changed_meanwhile` when the caller is no operator any more. */
export function stillManages(ctx: Context, caller: Caller): Statement {
  const still = sql`${isStillActive(caller)} and ${hasEverywhere(ctx, "manage")}`;
  return precondition(ctx.db, "changed_meanwhile", still);
}

/**
 * The normal form of the address that a trusted issuer vouches for: the token's, or for a token of
 * ours the one last seen. Never the user's own, which can be edited.
 */
export function verifiedAddress({ principal }: Context, caller: Caller): string | undefined {
  if (principal.kind === "token") return caller.verifiedEmail ?? undefined;
  return principal.identity.verifiedEmail;
}

/** Holds the row against the credentials, and makes the caller of it. */
function asCaller(ctx: Context, found: CallerRow): Caller {
  const { granted, named, tokensAfter, secretHash, lastUsedAt: _, ...row } = found;
  const { principal } = ctx;
  const good =
    principal.kind === "token"
      ? isSameHash(principal.secretHash, secretHash ?? "")
      : !isOutdated(principal.identity, tokensAfter);
  if (!good) throw new DomainError("token_invalid");
  if (!row.isActive) throw new DomainError("user_inactive");
  const tokenId = principal.kind === "token" ? principal.id : null;
  const operator = isNamedOperator(ctx, principal, row, named);
  const caller: Caller = operator
    ? { ...row, tokenId, type: "ROOT", everywhere: everyPermission }
    : { ...row, tokenId, everywhere: readPermissions(granted) };
  if (ctx.need === "manage" && !caller.everywhere.has("manage")) throw new DomainError("forbidden");
  return caller;
}

const everyPermission: ReadonlySet<Permission> = new Set(permissions);
const noPermission: ReadonlySet<Permission> = new Set();

/** Reads a JSON array of permissions; names this version does not know grant nothing. */
function readPermissions(granted: string): ReadonlySet<Permission> {
  if (granted === "[]") return noPermission;
  const names = new Set(JSON.parse(granted) as string[]);
  return new Set(permissions.filter((name) => names.has(name)));
}

function isNamedOperator(
  ctx: Context,
  principal: Principal,
  row: Pick<CallerRow, "verifiedEmail">,
  named: string,
): boolean {
  if (principal.kind === "identity") return principal.operator;
  const verifiedEmail = row.verifiedEmail ?? undefined;
  const nameless: [string, string] = ["", ""];
  return [nameless, ...(JSON.parse(named) as [string, string][])].some(([issuer, subject]) =>
    isOperator(ctx.settings.operators, { issuer, subject, verifiedEmail }),
  );
}

/** Moves `last_login`, or the token's last use, and the verified address where the token has another, after the answer. */
function noteUse(ctx: Context, row: CallerRow): void {
  const { db, now, principal } = ctx;
  if (principal.kind === "token") {
    if (row.lastUsedAt !== null && row.lastUsedAt > now - useStep) return;
    const unused = or(
      isNull(personalAccessTokens.lastUsedAt),
      lte(personalAccessTokens.lastUsedAt, now - useStep),
    );
    const use = db
      .update(personalAccessTokens)
      .set({ lastUsedAt: now })
      .where(and(eq(personalAccessTokens.id, principal.id), unused));
    ctx.later(use.run());
    return;
  }
  const verified = principal.identity.verifiedEmail;
  const sameAddress = verified === undefined || verified === row.verifiedEmail;
  if (sameAddress && row.lastLogin !== null && row.lastLogin > now - useStep) return;
  const due = or(isNull(users.lastLogin), lte(users.lastLogin, now - useStep));
  const moved =
    verified === undefined ? due : or(due, isNull(users.verifiedEmail), ne(users.verifiedEmail, verified));
  const update = db
    .update(users)
    .set({ lastLogin: now, ...(verified === undefined ? {} : { verifiedEmail: verified }) })
    .where(and(eq(users.id, row.id), moved));
  ctx.later(update.run());
}
