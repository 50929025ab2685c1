import { and, eq, isNull, lte, ne, or, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";

import { DomainError } from "../../domain/errors.ts";
import { isOperator } from "../../domain/operators.ts";
import { type Permission, permissions } from "../../domain/permissions.ts";
import { runBatch, type Statement } from "../../storage/database.ts";
import { identities, personalAccessTokens, users } from "../../storage/schema.ts";
import { hashesEqual } from "../access-tokens/secret.ts";
import { assertNotReplayed, findIdempotencyRecord } from "../idempotency.ts";
import type { Context, Principal } from "./context.ts";
import { callerId, isIdentity, isToken, prepareForCaller } from "./credentials.ts";
import { isOutdated, signIn } from "./sign-in.ts";

const callerColumns = {
  id: users.id,
  uuid: users.uuid,
  email: users.email,
  verifiedEmail: users.verifiedEmail,
  firstName: users.firstName,
  lastName: users.lastName,
  isActive: users.isActive,
  type: users.type,
  language: users.language,
  avatar: users.avatar,
  consentGiven: users.consentGiven,
  lastLogin: users.lastLogin,
  // Names in full: within a selected expression drizzle leaves a column's table out.
  granted:
    sql<string>`(select json_group_array(distinct group_permissions.permission) from user_groups join group_permissions on group_permissions.group_id = user_groups.group_id where user_groups.user_id = users.id)`.as(
      "granted",
    ),
};

/** Reads the caller, by the credentials of the request; nothing where there is none such. */
export const callerQuery = prepareForCaller((queries, credentials) => {
  if (credentials.kind === "identity") {
    return queries
      .select({
        ...callerColumns,
        tokensAfter: sql<number | null>`identities.tokens_after`.as("tokens_after"),
        secretHash: sql<string | null>`null`.as("secret_hash"),
        lastUsedAt: sql<number | null>`null`.as("last_used_at"),
        named: sql<string>`'[]'`.as("named"),
      })
      .from(identities)
      .innerJoin(users, eq(users.id, identities.userId))
      .where(isIdentity(credentials));
  }
  return queries
    .select({
      ...callerColumns,
      tokensAfter: sql<number | null>`null`.as("tokens_after"),
      secretHash: sql<string | null>`personal_access_tokens.secret_hash`.as("secret_hash"),
      lastUsedAt: sql<number | null>`personal_access_tokens.last_used_at`.as("last_used_at"),
      named:
        sql<string>`(select json_group_array(json_array(identities.issuer, identities.subject)) from identities where identities.user_id = users.id)`.as(
          "named",
        ),
    })
    .from(personalAccessTokens)
    .innerJoin(users, eq(users.id, personalAccessTokens.userId))
    .where(isToken(credentials));
});

/** The caller's row, with what the credentials are held against. */
export type CallerRow = ReturnType<typeof callerQuery>["_"]["result"][number];

/** The user who asks. `type` is ROOT for an operator, whatever is stored. */
export interface Caller extends Omit<
  CallerRow,
  "granted" | "tokensAfter" | "secretHash" | "lastUsedAt" | "named"
> {
  /** What the caller may do on every account; operators alone have `manage`. */
  readonly globalPermissions: ReadonlySet<Permission>;
  /** The personal access token the caller came with, if one. */
  readonly tokenId: string | null;
}

/** How long `last_login` and a token's last use stand still, in milliseconds: no write on every request. */
const lastUseInterval = 60 * 60 * 1000;

/**
 * Reads as the caller: the caller's own row and the given statements in one round trip. Throws
 * `token_invalid`, `user_inactive` for a deactivated user, `forbidden` where the operation is the
 * operator's; a caller seen for the first time is signed in first.
 */
export async function queryAsCaller<Items extends readonly Statement[]>(
  ctx: Context,
  ...items: Items
): Promise<[Caller, ...BatchResponse<[...Items]>]> {
  const { principal, idempotency } = ctx;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { row, kept, rest } = await readRow(ctx, items);
    if (row !== undefined) {
      const caller = asCaller(ctx, row);
      if (idempotency !== undefined) assertNotReplayed(idempotency, kept);
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
  const { db, idempotency } = ctx;
  if (idempotency === undefined) {
    const [[row], ...rest] = await runBatch(db, [callerQuery(ctx), ...items] as const);
    return { row, kept: undefined, rest };
  }
  const query = findIdempotencyRecord(ctx, idempotency, callerId(ctx));
  const [[row], [kept], ...rest] = await runBatch(db, [callerQuery(ctx), query, ...items] as const);
  return { row, kept, rest };
}

/**
 * Reads as an operator who may be unknown here, and stays so: into an empty service no user must
 * come but those imported. One round trip. Throws `token_invalid`, `user_inactive` and `forbidden`.
 */
export async function queryAsOperator<Items extends readonly Statement[]>(
  ctx: Context,
  ...items: Items
): Promise<BatchResponse<[...Items]>> {
  const { principal } = ctx;
  const [[row], ...rest] = await runBatch(ctx.db, [callerQuery(ctx), ...items] as const);
  if (row !== undefined) asCaller(ctx, row);
  else if (principal.kind === "token") throw new DomainError("token_invalid");
  else if (!principal.operator) throw new DomainError("forbidden", { permission: "manage" });
  return rest;
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
      ? hashesEqual(principal.secretHash, secretHash ?? "")
      : !isOutdated(principal.identity, tokensAfter);
  if (!good) throw new DomainError("token_invalid");
  if (!row.isActive) throw new DomainError("user_inactive");
  const tokenId = principal.kind === "token" ? principal.id : null;
  const operator = isNamedOperator(ctx, principal, row, named);
  const caller: Caller = operator
    ? { ...row, tokenId, type: "ROOT", globalPermissions: everyPermission }
    : { ...row, tokenId, globalPermissions: readPermissions(granted) };
  if (ctx.requires === "manage" && !caller.globalPermissions.has("manage")) {
    throw new DomainError("forbidden", { permission: "manage" });
  }
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
    if (row.lastUsedAt !== null && row.lastUsedAt > now - lastUseInterval) return;
    const unused = or(
      isNull(personalAccessTokens.lastUsedAt),
      lte(personalAccessTokens.lastUsedAt, now - lastUseInterval),
    );
    const use = db
      .update(personalAccessTokens)
      .set({ lastUsedAt: now })
      .where(and(eq(personalAccessTokens.id, principal.id), unused));
    ctx.defer(use.run());
    return;
  }
  const verified = principal.identity.verifiedEmail;
  const sameAddress = verified === undefined || verified === row.verifiedEmail;
  if (sameAddress && row.lastLogin !== null && row.lastLogin > now - lastUseInterval) return;
  const due = or(isNull(users.lastLogin), lte(users.lastLogin, now - lastUseInterval));
  const moved =
    verified === undefined ? due : or(due, isNull(users.verifiedEmail), ne(users.verifiedEmail, verified));
  const update = db
    .update(users)
    .set({ lastLogin: now, ...(verified === undefined ? {} : { verifiedEmail: verified }) })
    .where(and(eq(users.id, row.id), moved));
  ctx.defer(update.run());
}
