import { shapes } from "../data/shapes.ts";
import { commonWord, oneLetter, rareWord } from "../data/words.ts";
import type { World } from "../world.ts";
import { ask, type Operation, type Targets } from "./operation.ts";

const organizations = "/accounts/organizations/";
const list = { caller: "reader", method: "GET" } as const;
const get = { caller: "owner", method: "GET" } as const;
const pageSize = 20;

/** The operations that read the database, or nothing. */
export async function readOperations(world: World, { home }: Targets): Promise<Operation[]> {
  // Fewer accounts than make a thousand pages: the last page that is full.
  const page = Math.min(1_000, Math.floor(world.accounts / pageSize));
  const byPage = `${organizations}?page=${page}`;
  return [
    { ...get, name: "get account", path: `/api/v1/account/${shapes.home}`, bare: "getAccount" },
    { ...list, name: "list organizations, page 1", path: organizations, bare: "listByPage" },
    {
      ...list,
      name: `list organizations, page ${page} by next`,
      path: await linkTo(world, page),
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
      path: `/api/v1/account/${shapes.crowd}/users`,
      heavy: true,
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
      path: `/api/v1/account/${shapes.home}/logo.png?account_id=${home}`,
      bare: "logo",
      also: { logosRead: 1 },
    },
    { ...get, name: "openapi.json", path: "/openapi.json", bare: "document" },
  ];
}

/** The path to a page as the page before it says. */
async function linkTo(world: World, page: number): Promise<string> {
  const path = `${organizations}?page=${page - 1}`;
  const before: Operation = { ...list, name: "the page before", path, bare: "listByPage" };
  const { next } = (await (await ask(world, world.address.ours, before)).json()) as { next: string };
  const { pathname, search } = new URL(next);
  return pathname + search;
}
