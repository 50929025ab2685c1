import { and, eq, notExists, sql } from "drizzle-orm";

import { DomainError } from "../../domain/errors.ts";
import type { Identity } from "../../domain/identity.ts";
import { searchText } from "../../domain/search.ts";
import { languageFromLocale, readNames, withSearchKeys } from "../../domain/user.ts";
import { assertion, runBatch } from "../../storage/database.ts";
import { deletedIdentities, identities, users } from "../../storage/schema.ts";
import { auditStatement } from "../audit.ts";
import type { Context } from "./context.ts";

/**
 * Gives an identity that is seen for the first time its user: the only active user without an identity who has
 * the token's verified address, otherwise a new user. Simultaneous first requests end with one user. Two round
 * trips. Throws `token_invalid` for a token issued before its user was deleted.
 */
export async function signIn(ctx: Context, identity: Identity): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      return await trySignIn(ctx, identity);
    } catch (error) {
      // Another request of the same user or address was first: read again.
      if (!(error instanceof DomainError && error.code === "conflict")) throw error;
    }
  }
  throw new DomainError("storage_unavailable", { retryAfter: 1 }, "contended");
}

async function trySignIn(ctx: Context, identity: Identity): Promise<void> {
  const { db, now } = ctx;
  const { issuer, subject } = identity;
  const hash = await identityHash(identity);
  const address = identity.verifiedEmail;
  const own = db
    .select({ userId: identities.userId })
    .from(identities)
    .where(and(eq(identities.issuer, issuer), eq(identities.subject, subject)));
  const [known, deleted, unbound] = await runBatch(db, [
    own,
    db.select().from(deletedIdentities).where(eq(deletedIdentities.hash, hash)),
    unboundUsers(db, address),
  ] as const);
  if (known.length > 0) return;
  const deletedAt = deleted[0]?.deletedAt ?? null;
  if (isOutdated(identity, deletedAt)) throw new DomainError("token_invalid", {}, "user_deleted");

  const unknown = assertion(db, "conflict", notExists(own));
  const [candidate, ...others] = unbound;
  if (candidate !== undefined && others.length === 0) {
    const profile = toProfileFields(identity, candidate);
    const names = { firstName: candidate.firstName, lastName: candidate.lastName, ...profile };
    await runBatch(db, [
      unknown,
      assertion(
        db,
        "conflict",
        sql`(select group_concat(id) from (${unboundUsers(db, address)})) = ${String(candidate.id)} and exists (select 1 from users where id = ${candidate.id} and email = ${candidate.email} and first_name = ${candidate.firstName} and last_name = ${candidate.lastName})`,
      ),
      db.insert(identities).values({ issuer, subject, userId: candidate.id, tokensAfter: deletedAt }),
      db
        .update(users)
        .set({
          ...profile,
          searchText: searchText([candidate.email, names.firstName, names.lastName]),
          verifiedEmail: address ?? null,
          lastLogin: now,
        })
        .where(eq(users.id, candidate.id)),
      auditStatement(ctx, candidate, {
        accountId: null,
        action: "user.bound",
        target: `user:${candidate.uuid}`,
        changes: {
          first_name: [candidate.firstName, names.firstName],
          last_name: [candidate.lastName, names.lastName],
        },
      }),
    ]);
    return;
  }
  const uuid = crypto.randomUUID();
  const { email = "" } = identity;
  const { firstName = "", lastName = "", ...picture } = toProfileFields(identity);
  await runBatch(db, [
    unknown,
    db.insert(users).values({
      uuid,
      ...withSearchKeys({ email, firstName, lastName }),
      ...picture,
      verifiedEmail: address ?? null,
      language: languageFromLocale(identity.locale) ?? null,
      lastLogin: now,
      createdAt: now,
    }),
    db.insert(identities).values({
      issuer,
      subject,
      userId: sql`(select ${users.id} from ${users} where ${users.uuid} = ${uuid})`,
      tokensAfter: deletedAt,
    }),
    auditStatement(
      ctx,
      { uuid },
      { accountId: null, action: "user.created", target: `user:${uuid}`, changes: { email: [null, email] } },
    ),
  ]);
}

/** Whether a token was issued before its identity's last user was deleted. `iat` is in seconds, so the same second counts as before. */
export function isOutdated({ issuedAt }: Identity, deletedAt: number | null): boolean {
  return deletedAt !== null && issuedAt * 1000 <= deletedAt;
}

/** Selects up to two active users without an identity who have the address: a single one is bound, two are not. */
function unboundUsers(db: Context["db"], address: string | undefined) {
  const bound = db
    .select({ one: sql`1` })
    .from(identities)
    .where(eq(identities.userId, users.id));
  return db
    .select({
      id: users.id,
      uuid: users.uuid,
      email: users.email,
      firstName: users.firstName,
      lastName: users.lastName,
    })
    .from(users)
    .where(
      and(
        eq(users.emailKey, address ?? ""),
        sql`${address !== undefined}`,
        eq(users.isActive, true),
        notExists(bound),
      ),
    )
    .limit(2);
}

/**
 * Returns the token's names and picture, if it has them. The user name of the token replaces the name only of a user
 * who has none.
 */
function toProfileFields(
  identity: Identity,
  user: { readonly firstName: string; readonly lastName: string } = { firstName: "", lastName: "" },
): { firstName?: string; lastName?: string; avatar?: string } {
  const names = readNames(identity);
  const isNameless = Object.keys(names).length === 0 && user.firstName === "" && user.lastName === "";
  return {
    ...(isNameless ? readNames({ ...identity, name: identity.username }) : names),
    ...(identity.picture === undefined ? {} : { avatar: identity.picture }),
  };
}

/** Returns the hash by which a deleted user's identity is remembered. */
export async function identityHash({
  issuer,
  subject,
}: Pick<Identity, "issuer" | "subject">): Promise<string> {
  const bytes = new TextEncoder().encode(`${issuer}\0${subject}`);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
