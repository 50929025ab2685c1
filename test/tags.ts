/** What the tests of entity tags share. */
import { expect } from "vitest";

import { makeAccount, someone, type Answer, type Caller, type MadeAccount } from "./world.ts";

const strong = /^"[\x21\x23-\x7e]+"$/;

export async function start(): Promise<{ owner: Caller; account: MadeAccount; here: string; there: string }> {
  const owner = await someone();
  const account = await makeAccount(owner);
  return { owner, account, here: pathHere(account), there: `/accounts/organizations/${account.id}/` };
}

export const pathHere = ({ id }: { id: string }) => `/api/v1/account/${id}`;

export function tagOf(answer: Answer): string {
  const told = answer.headers.get("ETag") ?? "";
  expect(told).toMatch(strong);
  return told;
}

export async function tag(caller: Caller, path: string): Promise<string> {
  return tagOf(await caller.get(path));
}

export const ifMatch = (value: string) => ({ headers: { "If-Match": value } });
export const ifNoneMatch = (value: string) => ({ headers: { "If-None-Match": value } });
