/** How a statement finds the caller it is run for. */
import { type Placeholder, sql, type SQL } from "drizzle-orm";
import type { QueryBuilder } from "drizzle-orm/sqlite-core";
import type { RunnableQuery } from "drizzle-orm/runnable-query";

import type { Database, Statement } from "../../storage/database.ts";
import {
  type BuiltQuery,
  type Params,
  type Placeholders,
  prepareQuery,
  prepareStatement,
  type QueryParams,
} from "../../storage/prepared.ts";
import type { Context } from "./context.ts";

/** What a request brings: as values, or as placeholders in a query that is kept. */
type Credentials<Value> = Identified<Value> | Tokened<Value>;
interface Identified<Value> {
  readonly kind: "identity";
  readonly issuer: Value;
  readonly subject: Value;
}
interface Tokened<Value> {
  readonly kind: "token";
  readonly tokenId: Value;
  readonly secretHash: Value;
  readonly now: Value;
}

/** The caller's user id, for use inside any statement; NULL before the first sign-in. */
export function callerId(ctx: Context): SQL<number> {
  return userIdOf(callerParams(ctx));
}

/** The user id of who has these credentials. */
export function userIdOf(credentials: Credentials<unknown>): SQL<number> {
  if (credentials.kind === "identity") {
    return sql`(select identities.user_id from identities where ${isIdentity(credentials)})`;
  }
  const { secretHash } = credentials;
  return sql`(select user_id from personal_access_tokens where personal_access_tokens.secret_hash = ${secretHash} and ${isToken(credentials)})`;
}

/** The row of an identity. */
export function isIdentity({ issuer, subject }: Identified<unknown>): SQL {
  return sql`identities.issuer = ${issuer} and identities.subject = ${subject}`;
}

/** The row of a token that has not expired; whether its secret is right is another question. */
export function isToken({ tokenId, now }: Tokened<unknown>): SQL {
  return sql`personal_access_tokens.id = ${tokenId} and (personal_access_tokens.expires_at is null or personal_access_tokens.expires_at > ${now})`;
}

/** Keeps a query that is run as the caller, one for each kind of credentials. */
export function prepareForCaller<Result>(
  build: (queries: QueryBuilder, credentials: Credentials<Placeholder>) => BuiltQuery<Result>,
): (ctx: Context, values?: QueryParams) => RunnableQuery<Result, "sqlite"> {
  const kept = {
    identity: prepareQuery((queries) => build(queries, callerPlaceholders.identity)),
    token: prepareQuery((queries) => build(queries, callerPlaceholders.token)),
  };
  return (ctx, values) => kept[ctx.principal.kind](ctx.db, { ...callerParams(ctx), ...values });
}

/** Keeps a statement that writes as the caller, one for each kind of credentials. */
export function prepareStatementForCaller<Name extends string>(
  names: readonly Name[],
  build: (db: Database, credentials: Credentials<Placeholder>, slots: Placeholders<Name>) => Statement,
): (ctx: Context, values: Params<Name>) => Statement {
  const kept = {
    identity: prepareStatement(names, (db, slots) => build(db, callerPlaceholders.identity, slots)),
    token: prepareStatement(names, (db, slots) => build(db, callerPlaceholders.token, slots)),
  };
  return (ctx, values) => kept[ctx.principal.kind](ctx.db, { ...callerParams(ctx), ...values });
}

/** What stands in their place in a query that is kept. */
export const callerPlaceholders = {
  identity: { kind: "identity", issuer: sql.placeholder("issuer"), subject: sql.placeholder("subject") },
  token: {
    kind: "token",
    tokenId: sql.placeholder("tokenId"),
    secretHash: sql.placeholder("secretHash"),
    now: sql.placeholder("now"),
  },
} as const;

/** What fills those placeholders. */
export function callerParams({ principal, now }: Context): Credentials<string | number> {
  if (principal.kind === "token") {
    return { kind: "token", tokenId: principal.id, secretHash: principal.secretHash, now };
  }
  const { issuer, subject } = principal.identity;
  return { kind: "identity", issuer, subject };
}
