/** The accounts and organizations APIs as a table, for suites that test the same rules in both. */
import type { ApiResponse, Caller, TestAccount } from "./fixtures.ts";
import { noOrganization, slugTaken } from "./organizations.ts";

export interface Api {
  readonly api: "accounts" | "organizations";
  readonly create: (caller: Caller, account: { slug: string; title: string }) => Promise<ApiResponse>;
  readonly change: (
    caller: Caller,
    account: Pick<TestAccount, "id">,
    changes: { slug?: string; title?: string },
  ) => Promise<ApiResponse>;
  readonly remove: (caller: Caller, account: Pick<TestAccount, "id">) => Promise<ApiResponse>;
  /** Returns slug and title of an account. */
  readonly read: (
    caller: Caller,
    account: Pick<TestAccount, "id">,
  ) => Promise<{ readonly slug: unknown; readonly title: unknown }>;
  /** Returns the slugs of the caller's list. */
  readonly slugs: (caller: Caller) => Promise<string[]>;
  /** The response to a taken slug. */
  readonly taken: { readonly status: number; readonly body: unknown };
  /** The response about a deleted account. */
  readonly gone: { readonly status: number; readonly body: unknown };
}

const accountPath = ({ id }: Pick<TestAccount, "id">): string => `/api/v1/account/${id}`;
const organizationPath = ({ id }: Pick<TestAccount, "id">): string => `/accounts/organizations/${id}/`;

/** Returns the changes of an organization, whose title is called name. */
function organizationChanges({ title, ...changes }: { slug?: string; title?: string }): object {
  return title === undefined ? changes : { ...changes, name: title };
}

export const apis: readonly Api[] = [
  {
    api: "accounts",
    create: (caller, account) => caller.post("/api/v1/accounts", account),
    change: (caller, account, changes) => caller.patch(accountPath(account), changes),
    remove: (caller, account) => caller.delete(accountPath(account)),
    read: async (caller, account) => {
      const { slug, title } = (await caller.get(accountPath(account))).body;
      return { slug, title };
    },
    slugs: async (caller) => {
      const accounts: { slug: string }[] = (await caller.get("/api/v1/accounts")).body;
      return accounts.map(({ slug }) => slug);
    },
    taken: { status: 409, body: { detail: "An account with this slug already exists" } },
    gone: { status: 403, body: { detail: "This account does not exist or you are not a member of it" } },
  },
  {
    api: "organizations",
    create: (caller, { slug, title }) => caller.post("/accounts/organizations/", { slug, name: title }),
    change: (caller, account, changes) =>
      caller.patch(organizationPath(account), organizationChanges(changes)),
    remove: (caller, account) => caller.delete(organizationPath(account)),
    read: async (caller, account) => {
      const { slug, name } = (await caller.get(organizationPath(account))).body;
      return { slug, title: name };
    },
    slugs: async (caller) => {
      const page: { results: { slug: string }[] } = (await caller.get("/accounts/organizations/")).body;
      return page.results.map(({ slug }) => slug);
    },
    taken: { status: 400, body: slugTaken },
    gone: { status: 404, body: noOrganization },
  },
];
