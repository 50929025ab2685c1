/** Entity tags: ETag, If-Match and If-None-Match. */
import { expect } from "vitest";

import { type ApiResponse, type Caller, createAccount, createUser, type TestAccount } from "./fixtures.ts";

const strong = /^"[\x21\x23-\x7e]+"$/;

export async function setUp(): Promise<{
  owner: Caller;
  account: TestAccount;
  accounts: string;
  organizations: string;
}> {
  const owner = await createUser();
  const account = await createAccount(owner);
  return {
    owner,
    account,
    accounts: accountPath(account),
    organizations: `/accounts/organizations/${account.id}/`,
  };
}

export const accountPath = ({ id }: { id: string }) => `/api/v1/account/${id}`;

export function etagOf(answer: ApiResponse): string {
  const tag = answer.headers.get("ETag") ?? "";
  expect(tag).toMatch(strong);
  return tag;
}

export async function fetchEtag(caller: Caller, path: string): Promise<string> {
  return etagOf(await caller.get(path));
}

export const ifMatch = (value: string) => ({ headers: { "If-Match": value } });
export const ifNoneMatch = (value: string) => ({ headers: { "If-None-Match": value } });
