/** Creates, lists and stores personal access tokens. */
import { generateAccessToken } from "../../src/services/access-tokens/secret.ts";
import { execute, setColumns } from "./database.ts";
import { Caller } from "./fixtures.ts";

export const tokensPath = "/api/v1/user/pa_tokens";

export function tokenPath(id: string): string {
  return `/api/v1/user/pa_token/${id}`;
}

export interface TestToken {
  readonly id: string;
  readonly token: string;
  /** A caller that sends this token. */
  readonly bearer: Caller;
}

/** Creates a token through the API. Signs the owner in. */
export async function createAccessToken(
  owner: Caller,
  fields: Record<string, unknown> = {},
): Promise<TestToken> {
  const answer = await owner.post(tokensPath, { description: "For a test", ...fields });
  if (answer.status !== 201) throw new Error(`No token: ${answer.status} ${answer.text}`);
  const { id, token } = answer.body;
  return { id, token, bearer: new Caller(token, owner.email) };
}

/** Returns the list of the caller's tokens, or the status of the error. */
export async function listTokens(caller: Caller): Promise<unknown> {
  const answer = await caller.get(tokensPath);
  return answer.status === 200 ? answer.body : answer.status;
}

/** Updates columns of a token directly in the database. */
export async function setToken(id: string, columns: Readonly<Record<string, number | null>>): Promise<void> {
  await setColumns("personal_access_tokens", id, columns);
}

/** The accounts API's body for an invalid token. */
export const badToken = { detail: "Invalid or expired token" };
/** The organizations API's body for an invalid token. */
export const badTokenThere = { detail: "Invalid token." };

export interface StoredToken {
  readonly id: string;
  readonly token: string;
}

/** Inserts a token for a user who has signed in. For other callers it inserts nothing and returns an unknown id. */
export async function storeToken(
  user: Caller,
  fields: { readonly expiresAt?: number; readonly usedAt?: number } = {},
): Promise<StoredToken> {
  const { id, token, secretHash } = await generateAccessToken();
  await execute(
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

/** Returns the user with a token whose last use is recent, so that using it writes no row. */
export async function withStoredToken(user: Caller): Promise<Caller> {
  await user.get("/api/v1/user");
  const { token } = await storeToken(user, { usedAt: Date.now() });
  return new Caller(token, user.email);
}

/** Returns the token with a wrong secret. */
export function withWrongSecret(token: string): string {
  const bytes = Uint8Array.fromBase64(token.slice("acct_".length), { alphabet: "base64url" });
  bytes.set([(bytes.at(-1) ?? 0) ^ 1], bytes.length - 1);
  return `acct_${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}
