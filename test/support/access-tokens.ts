/** What the tests of personal access tokens share. */
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
  /** Who speaks with it. */
  readonly bearer: Caller;
}

/** A token of a caller who signs in. */
export async function createAccessToken(
  owner: Caller,
  fields: Record<string, unknown> = {},
): Promise<TestToken> {
  const answer = await owner.post(tokensPath, { description: "For a test", ...fields });
  if (answer.status !== 201) throw new Error(`No token: ${answer.status} ${answer.text}`);
  const { id, token } = answer.body;
  return { id, token, bearer: new Caller(token, owner.email) };
}

/** The caller's tokens, as their list shows them. */
export async function listTokens(caller: Caller): Promise<unknown> {
  const answer = await caller.get(tokensPath);
  return answer.status === 200 ? answer.body : answer.status;
}

/** Sets columns of a token straight in the database. */
export async function setToken(id: string, columns: Readonly<Record<string, number | null>>): Promise<void> {
  await setColumns("personal_access_tokens", id, columns);
}

/** What a token that is no good is answered on the accounts face. */
export const badToken = { detail: "Invalid or expired token" };
/** And on the organizations face. */
export const badTokenThere = { detail: "Invalid token." };

/** Personal access tokens straight in the database, for callers who may be nobody too. */

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

/** The same user with a token of theirs, which was used just now: its first use would be written down. */
export async function withStoredToken(user: Caller): Promise<Caller> {
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
