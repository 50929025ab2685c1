/** Personal access tokens straight in the database, for callers who may be nobody too. */
import { generateAccessToken } from "../../src/services/access-tokens/secret.ts";
import { Caller } from "../world.ts";
import { run } from "./rows.ts";

export interface StoredToken {
  readonly id: string;
  readonly token: string;
}

/** Stores a token of a user who has signed in; of anyone else, one that is not there. */
export async function storeToken(
  user: Caller,
  fields: { readonly expiresAt?: number; readonly usedAt?: number } = {},
): Promise<StoredToken> {
  const { id, token, secretHash } = await generateAccessToken();
  await run(
    `INSERT INTO personal_access_tokens (id, user_id, description, secret_hash, created_at, expires_at, last_used_at)
     SELECT ?, user_id, 'Stored', ?, 0, ?, ? FROM identities WHERE subject = 'sub|' || ?`,
    id,
    secretHash,
    fields.expiresAt ?? null,
    fields.usedAt ?? null,
    user.email,
  );
  return { id, token };
}

/** The same user with a token of theirs, which was used just now: its first use would be written down. */
export async function withToken(user: Caller): Promise<Caller> {
  await user.get("/api/v1/user");
  const { token } = await storeToken(user, { usedAt: Date.now() });
  return new Caller(token, user.email);
}

/** A token with the id of a good one and another secret. */
export function withWrongSecret(token: string): string {
  const bytes = Uint8Array.fromBase64(token.slice("acct_".length), { alphabet: "base64url" });
  bytes.set([(bytes.at(-1) ?? 0) ^ 1], bytes.length - 1);
  return `acct_${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}
