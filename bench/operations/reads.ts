import { fixtures } from "../data/fixtures.ts";
import { commonWord, oneLetter, rareWord } from "../data/words.ts";
import type { Environment } from "../environment.ts";
import { sendOnce, type Operation, type Targets } from "./operation.ts";

const organizations = "/accounts/organizations/";
const list = { caller: "reader", method: "GET" } as const;
const get = { caller: "owner", method: "GET" } as const;
const pageSize = 20;

/** Returns the operations that only read. */
export async function readOperations(environment: Environment, { home }: Targets): Promise<Operation[]> {
  // With fewer accounts than a thousand pages, the last full page.
  const page = Math.min(1_000, Math.floor(environment.accounts / pageSize));
  const byPage = `${organizations}?page=${page}`;
  return [
    { ...get, name: "get account", path: `/api/v1/account/${fixtures.home}`, bare: "getAccount" },
    { ...list, name: "list organizations, page 1", path: organizations, bare: "listByPage" },
    {
      ...list,
      name: `list organizations, page ${page} by next`,
      path: await linkTo(environment, page),
      bare: "listByCursor",
    },
    { ...list, name: `list organizations, page ${page} by page=`, path: byPage, bare: "listByPage" },
    ...[
      { of: "a rare term", term: rareWord },
      { of: "a common term", term: commonWord },
      { of: "one letter", term: oneLetter },
    ].map(({ of, term }) => ({
      ...list,
      name: `search organizations, ${of}`,
      path: `${organizations}?search=${term}`,
      bare: "search",
    })),
    {
      ...get,
      name: "members, 5,000",
      path: `/api/v1/account/${fixtures.crowd}/users`,
      slow: true,
      bare: "members",
    },
    {
      name: "welcome, 200 accounts",
      caller: "guest",
      method: "GET",
      path: "/api/v1/user/welcome",
      bare: "welcome",
    },
    {
      ...get,
      name: "download logo",
      path: `/api/v1/account/${fixtures.home}/logo.png?account_id=${home}`,
      bare: "logo",
      billed: { logosRead: 1 },
    },
    { ...get, name: "openapi.json", path: "/openapi.json", bare: "document" },
  ];
}

/** Returns the path of a page from the `next` link of the page before. */
async function linkTo(environment: Environment, page: number): Promise<string> {
  const path = `${organizations}?page=${page - 1}`;
  const previous: Operation = { ...list, name: "the page before", path, bare: "listByPage" };
  const { next } = (await (await sendOnce(environment, environment.address.ours, previous)).json()) as {
    next: string;
  };
  const { pathname, search } = new URL(next);
  return pathname + search;
}
