import { and, asc, eq, exists, sql, type SQL } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import { normalizeText } from "../../domain/text.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { personalAccessTokens } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import { queryAsCaller } from "../caller/caller.ts";
import { assertCallerActive } from "../caller/conditions.ts";
import type { Context } from "../caller/context.ts";
import { callerId } from "../caller/credentials.ts";
import { IdempotentReplay, withIdempotencyRecord } from "../idempotency.ts";
import { generateAccessToken } from "./secret.ts";

/**
 * Most tokens of one user: they are listed whole, and each is counted by itself where requests are. Those
 * that have expired are listed until another needs their place.
 */
export const maxAccessTokens = 100;

/** A token as it is shown, its secret left out. */
export interface ListedToken {
  readonly id: string;
  readonly description: string;
  /** Epoch milliseconds; null for never. */
  readonly expiresAt: number | null;
}

/** A token as it is shown once. */
export interface NewToken extends ListedToken {
  readonly token: string;
}

/** The caller's tokens, the oldest first. One round trip. */
export async function listAccessTokens(ctx: Context): Promise<readonly ListedToken[]> {
  const own = ctx.db
    .select({
      id: personalAccessTokens.id,
      description: personalAccessTokens.description,
      expiresAt: personalAccessTokens.expiresAt,
    })
    .from(personalAccessTokens)
    .where(eq(personalAccessTokens.userId, callerId(ctx)))
    .orderBy(asc(personalAccessTokens.createdAt), asc(personalAccessTokens.id));
  const [, rows] = await queryAsCaller(ctx, own);
  return rows;
}

/**
 * Makes a token that speaks as the caller. Throws `access_token_not_allowed` to a token, which
 * cannot make another, `access_token_already_issued` for a repeated request, and `access_token_limit_reached`. Two round trips.
 */
export async function createAccessToken(
  ctx: Context,
  input: { readonly description: string; readonly expiresAt: number | null },
): Promise<NewToken> {
  const { db, now } = ctx;
  const [caller] = await queryAsCaller(ctx).catch((error: unknown) => {
    throw error instanceof IdempotentReplay ? new DomainError("access_token_already_issued") : error;
  });
  if (caller.tokenId !== null) throw new DomainError("access_token_not_allowed");
  const { id, token, secretHash } = await generateAccessToken();
  const { expiresAt } = input;
  const description = normalizeText(input.description);
  await runBatch(
    db,
    withIdempotencyRecord(ctx, caller, "null", [
      assertCallerActive(ctx, caller),
      db.delete(personalAccessTokens).where(isInTheWay(caller.id, now)),
      assertion(db, "access_token_limit_reached", sql`not ${isFull(caller.id)}`),
      db
        .insert(personalAccessTokens)
        .values({ id, userId: caller.id, description, secretHash, createdAt: now, expiresAt }),
      auditStatement(ctx, caller, {
        accountId: null,
        action: "access_token.created",
        target: `access_token:${id}`,
        changes: { description: [null, description], expires_at: [null, expiresAt] },
      }),
    ]),
  );
  return { id, description, expiresAt, token };
}

/** Whether a token has expired, of a user who has as many as one may have. */
function isInTheWay(userId: number, now: number): SQL {
  return sql`user_id = ${userId} and expires_at <= ${now} and ${isFull(userId)}`;
}

function isFull(userId: number): SQL {
  return sql`(select count(*) from personal_access_tokens where user_id = ${userId}) >= ${maxAccessTokens}`;
}

/** Ends one of the caller's tokens. Throws `access_token_not_found`. Two round trips. */
export async function deleteAccessToken(ctx: Context, id: string): Promise<void> {
  const own = and(eq(personalAccessTokens.id, id), eq(personalAccessTokens.userId, callerId(ctx)));
  const found = ctx.db
    .select({ description: personalAccessTokens.description })
    .from(personalAccessTokens)
    .where(own);
  const [caller, [token]] = await queryAsCaller(ctx, found);
  if (token === undefined) throw new DomainError("access_token_not_found");
  await runBatch(ctx.db, [
    assertCallerActive(ctx, caller),
    assertion(ctx.db, "conflict", exists(found)),
    ctx.db
      .delete(personalAccessTokens)
      .where(and(eq(personalAccessTokens.id, id), eq(personalAccessTokens.userId, caller.id))),
    auditStatement(ctx, caller, {
      accountId: null,
      action: "access_token.deleted",
      target: `access_token:${id}`,
      changes: { description: [token.description, null] },
    }),
  ]);
}
