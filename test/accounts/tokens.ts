/** What the tests of personal access tokens share. */
import { Caller } from "../world.ts";
import { setColumns } from "./rows.ts";

export const tokens = "/api/v1/user/pa_tokens";

export function oneToken(id: string): string {
  return `/api/v1/user/pa_token/${id}`;
}

export interface MadeToken {
  readonly id: string;
  readonly token: string;
  /** Who speaks with it. */
  readonly bearer: Caller;
}

/** A token of a caller who signs in. */
export async function makeAccessToken(
  owner: Caller,
  fields: Record<string, unknown> = {},
): Promise<MadeToken> {
  const answer = await owner.post(tokens, { description: "For a test", ...fields });
  if (answer.status !== 201) throw new Error(`No token: ${answer.status} ${answer.text}`);
  const { id, token } = answer.body;
  return { id, token, bearer: new Caller(token, owner.email) };
}

/** The caller's tokens, as their list shows them. */
export async function tokensOf(caller: Caller): Promise<unknown> {
  const answer = await caller.get(tokens);
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
