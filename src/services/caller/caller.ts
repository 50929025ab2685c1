import { and, eq, isNull, lte, ne, or, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";

import { DomainError } from "../../domain/errors.ts";
import { isOperator } from "../../domain/operators.ts";
import { type Permission, permissions } from "../../domain/permissions.ts";
import { runBatch, type Statement } from "../../storage/database.ts";
import { identities, personalAccessTokens, users } from "../../storage/schema.ts";
import { hashesEqual } from "../access-tokens/secret.ts";
import type { Context } from "./context.ts";
import { prepareForCaller } from "./conditions.ts";
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
  // Column names in full: Drizzle omits the table of a column inside a selected expression.
  granted:
    sql<string>`(select json_group_array(distinct group_permissions.permission) from user_groups join group_permissions on group_permissions.group_id = user_groups.group_id where user_groups.user_id = users.id)`.as(
      "granted",
    ),
};

/** Selects the caller by the credentials of the request. */
const callerQuery = prepareForCaller((queries, { kind, matchesCredentials }) => {
  if (kind === "identity") {
    return queries
      .select({
        ...callerColumns,
        tokensAfter: sql<number | null>`identities.tokens_after`.as("tokens_after"),
        secretHash: sql<string | null>`null`.as("secret_hash"),
        lastUsedAt: sql<number | null>`null`.as("last_used_at"),
        identities: sql<string>`'[]'`.as("identities"),
      })
      .from(identities)
      .innerJoin(users, eq(users.id, identities.userId))
      .where(matchesCredentials);
  }
  return queries
    .select({
      ...callerColumns,
      tokensAfter: sql<number | null>`null`.as("tokens_after"),
      secretHash: sql<string | null>`personal_access_tokens.secret_hash`.as("secret_hash"),
      lastUsedAt: sql<number | null>`personal_access_tokens.last_used_at`.as("last_used_at"),
      identities:
        sql<string>`(select json_group_array(json_array(identities.issuer, identities.subject)) from identities where identities.user_id = users.id)`.as(
          "identities",
        ),
    })
    .from(personalAccessTokens)
    .innerJoin(users, eq(users.id, personalAccessTokens.userId))
    .where(matchesCredentials);
});

/** The caller's row, with the fields that the credentials are checked against. */
type CallerRow = ReturnType<typeof callerQuery>["_"]["result"][number];

/** The user who makes the request. `type` is ROOT for an operator, whatever is stored. */
export interface Caller extends Omit<
  CallerRow,
  "granted" | "tokensAfter" | "secretHash" | "lastUsedAt" | "identities"
> {
  /** Permissions on every account. Only operators have `manage`. */
  readonly globalPermissions: ReadonlySet<Permission>;
  /** The id of the personal access token in use; null for an issuer's token. */
  readonly tokenId: string | null;
}

/** How often `last_login` and a token's last use are written, in milliseconds. */
const lastUseInterval = 60 * 60 * 1000;

/**
 * Reads the caller and runs the given queries in one round trip. A caller seen for the first time is signed in,
 * which takes two more. Throws `token_invalid`, `user_inactive`, and `forbidden` if the operation is only for
 * operators.
 */
export async function queryAsCaller<Items extends readonly Statement[]>(
  ctx: Context,
  ...items: Items
): Promise<[Caller, ...BatchResponse<[...Items]>]> {
  const { db, principal } = ctx;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const [[row], ...rows] = await runBatch(db, [callerQuery(ctx), ...items] as const);
    if (row !== undefined) {
      const caller = toCaller(ctx, row);
      recordLastUse(ctx, row);
      return [caller, ...rows];
    }
    if (principal.kind === "token") break;
    await signIn(ctx, principal.identity);
  }
  throw invalidToken(ctx);
}

/** Runs queries without reading the caller: the operation needs no credentials, or they were checked before. */
export function queryWithoutCaller<Items extends readonly [Statement, ...Statement[]]>(
  { db }: Pick<Context, "db">,
  ...items: Items
): Promise<BatchResponse<[...Items]>> {
  return runBatch(db, items);
}

/**
 * Runs queries as an operator without signing an unknown one in: an import needs a service without users. One
 * round trip. Throws `token_invalid`, `user_inactive` and `forbidden`.
 */
export async function queryAsOperator<Items extends readonly Statement[]>(
  ctx: Context,
  ...items: Items
): Promise<BatchResponse<[...Items]>> {
  const { principal } = ctx;
  const [[row], ...rows] = await runBatch(ctx.db, [callerQuery(ctx), ...items] as const);
  if (row !== undefined) toCaller(ctx, row);
  else if (principal.kind === "token") throw invalidToken(ctx);
  else if (!principal.operator) throw new DomainError("forbidden", { permission: "manage" });
  return rows;
}

/**
 * Returns the normal form of the address that a trusted issuer verified: the token's, or for a personal access
 * token the one last seen. Never the user's own, which can be edited.
 */
export function verifiedAddress({ principal }: Context, caller: Caller): string | undefined {
  if (principal.kind === "token") return caller.verifiedEmail ?? undefined;
  return principal.identity.verifiedEmail;
}

/** Creates the error of verified credentials that match no user. The log names the reason. */
function invalidToken({ principal }: Context): DomainError {
  const reason = principal.kind === "token" ? "access_token_unknown" : "user_deleted";
  return new DomainError("token_invalid", {}, reason);
}

/** Checks the credentials against the row and returns the caller. */
function toCaller(ctx: Context, found: CallerRow): Caller {
  const { granted, identities: known, tokensAfter, secretHash, lastUsedAt: _, ...row } = found;
  const { principal, requires } = ctx;
  const valid =
    principal.kind === "token"
      ? hashesEqual(principal.secretHash, secretHash ?? "")
      : !isOutdated(principal.identity, tokensAfter);
  if (!valid) throw invalidToken(ctx);
  if (!row.isActive) throw new DomainError("user_inactive");
  const tokenId = principal.kind === "token" ? principal.id : null;
  const caller: Caller = isConfiguredOperator(ctx, row, known)
    ? { ...row, tokenId, type: "ROOT", globalPermissions: allPermissions }
    : { ...row, tokenId, globalPermissions: parsePermissions(granted) };
  if (requires === "manage" && !caller.globalPermissions.has("manage")) {
    throw new DomainError("forbidden", { permission: "manage" });
  }
  return caller;
}

const allPermissions: ReadonlySet<Permission> = new Set(permissions);
const noPermissions: ReadonlySet<Permission> = new Set();

/** Parses a JSON array of permissions. Names that this version does not know are ignored. */
function parsePermissions(granted: string): ReadonlySet<Permission> {
  if (granted === "[]") return noPermissions;
  const names = new Set(JSON.parse(granted) as string[]);
  return new Set(permissions.filter((name) => names.has(name)));
}

function isConfiguredOperator(
  { principal, settings }: Context,
  row: Pick<CallerRow, "verifiedEmail">,
  known: string,
): boolean {
  if (principal.kind === "identity") return principal.operator;
  const verifiedEmail = row.verifiedEmail ?? undefined;
  // The first entry lets the address count for a user without identities.
  const pairs: [issuer: string, subject: string][] = [["", ""], ...(JSON.parse(known) as [string, string][])];
  return pairs.some(([issuer, subject]) =>
    isOperator(settings.operators, { issuer, subject, verifiedEmail }),
  );
}

/**
 * Updates `last_login` or the token's last use, at most once an hour, and the verified address if it changed.
 * Runs after the response.
 */
function recordLastUse(ctx: Context, row: CallerRow): void {
  const { db, now, principal } = ctx;
  if (principal.kind === "token") {
    if (row.lastUsedAt !== null && row.lastUsedAt > now - lastUseInterval) return;
    const isDue = or(
      isNull(personalAccessTokens.lastUsedAt),
      lte(personalAccessTokens.lastUsedAt, now - lastUseInterval),
    );
    const update = db
      .update(personalAccessTokens)
      .set({ lastUsedAt: now })
      .where(and(eq(personalAccessTokens.id, principal.id), isDue));
    ctx.defer(update.run());
    return;
  }
  const verified = principal.identity.verifiedEmail;
  const sameAddress = verified === undefined || verified === row.verifiedEmail;
  if (sameAddress && row.lastLogin !== null && row.lastLogin > now - lastUseInterval) return;
  const isDue = or(isNull(users.lastLogin), lte(users.lastLogin, now - lastUseInterval));
  const differs =
    verified === undefined
      ? isDue
      : or(isDue, isNull(users.verifiedEmail), ne(users.verifiedEmail, verified));
  const update = db
    .update(users)
    .set({ lastLogin: now, ...(verified === undefined ? {} : { verifiedEmail: verified }) })
    .where(and(eq(users.id, row.id), differs));
  ctx.defer(update.run());
}
