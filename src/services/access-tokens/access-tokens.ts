import { and, asc, eq, exists, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { normalizeText } from "../../domain/text.ts";
import { assertion } from "../../storage/database.ts";
import { personalAccessTokens } from "../../storage/schema.ts";
import { type Caller, queryAsCaller } from "../caller/caller.ts";
import { callerConditions } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { type Change, commit } from "../commit.ts";
import { generateAccessToken } from "./secret.ts";

/**
 * How many tokens a user may have. The list has no pages, and each token has its own rate limit. Expired tokens
 * are listed until a new one needs their place.
 */
export const maxAccessTokens = 100;

/** A token without its secret. */
export interface ListedToken {
  readonly id: string;
  readonly description: string;
  /** Epoch milliseconds; null for never. */
  readonly expiresAt: number | null;
}

/** A token with its secret, which is shown once. */
export interface NewToken extends ListedToken {
  readonly token: string;
}

/** Returns the caller's tokens, oldest first. One round trip. */
export async function listAccessTokens(ctx: Context): Promise<readonly ListedToken[]> {
  const own = ctx.db
    .select({
      id: personalAccessTokens.id,
      description: personalAccessTokens.description,
      expiresAt: personalAccessTokens.expiresAt,
    })
    .from(personalAccessTokens)
    .where(eq(personalAccessTokens.userId, callerConditions(ctx).userId))
    .orderBy(asc(personalAccessTokens.createdAt), asc(personalAccessTokens.id));
  const [, rows] = await queryAsCaller(ctx, own);
  return rows;
}

/**
 * Creates a token that acts as the caller. Throws `access_token_not_allowed` to a personal access token,
 * `access_token_already_issued` for a repeated request, and `access_token_limit_reached`. Two round trips.
 */
export function createAccessToken(
  ctx: Context,
  input: { readonly description: string; readonly expiresAt: number | null },
): Promise<NewToken> {
  const { db, now } = ctx;
  const create = async (caller: Caller): Promise<Change<NewToken>> => {
    if (caller.tokenId !== null) throw new DomainError("access_token_not_allowed");
    const { id, token, secretHash } = await generateAccessToken();
    const { expiresAt } = input;
    const description = normalizeText(input.description);
    return {
      access: "self",
      // What is deleted to make room must be gone before the limit is checked.
      write: [
        db.delete(personalAccessTokens).where(isReplaceable(caller.id, now)),
        assertion(db, "access_token_limit_reached", sql`not ${isLimitReached(caller.id)}`),
        db
          .insert(personalAccessTokens)
          .values({ id, userId: caller.id, description, secretHash, createdAt: now, expiresAt }),
      ],
      audit: {
        accountId: null,
        action: "access_token.created",
        target: `access_token:${id}`,
        changes: { description: [null, description], expires_at: [null, expiresAt] },
      },
      result: { id, description, expiresAt, token },
    };
  };
  return commit(ctx, [] as const, create, { resultShownOnce: true });
}

/** Whether a token has expired and its user has as many as a user may have. */
function isReplaceable(userId: number, now: number): SQL {
  return sql`user_id = ${userId} and expires_at <= ${now} and ${isLimitReached(userId)}`;
}

function isLimitReached(userId: number): SQL {
  return sql`(select count(*) from personal_access_tokens where user_id = ${userId}) >= ${maxAccessTokens}`;
}

/** Deletes one of the caller's tokens. Throws `access_token_not_found`. Two round trips. */
export function deleteAccessToken(ctx: Context, id: string): Promise<void> {
  const isOwn = and(
    eq(personalAccessTokens.id, id),
    eq(personalAccessTokens.userId, callerConditions(ctx).userId),
  );
  const query = ctx.db
    .select({ description: personalAccessTokens.description })
    .from(personalAccessTokens)
    .where(isOwn);
  return commit(ctx, [query] as const, (caller, [token]) => {
    if (token === undefined) throw new DomainError("access_token_not_found");
    return {
      access: "self",
      assert: [assertion(ctx.db, "conflict", exists(query))],
      write: [
        ctx.db
          .delete(personalAccessTokens)
          .where(and(eq(personalAccessTokens.id, id), eq(personalAccessTokens.userId, caller.id))),
      ],
      audit: {
        accountId: null,
        action: "access_token.deleted",
        target: `access_token:${id}`,
        changes: { description: [token.description, null] },
      },
      result: undefined,
    };
  });
}
