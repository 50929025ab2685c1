/** The organizations API: paths, error bodies and request helpers. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";

import {
  addMember,
  type ApiResponse,
  type Caller,
  createAccount,
  createUser,
  type TestAccount,
  unique,
  statusAndBody,
} from "./fixtures.ts";

export const organizationsPath = "/accounts/organizations/";

export function organizationPath(organization: { readonly id: string }): string {
  return `${organizationsPath}${organization.id}/`;
}

export const noOrganization = { detail: "No Organization matches the given query." };
export const notFound = { detail: "Not found." };
export const notAllowed = { detail: "You do not have permission to perform this action." };
export const invalidPage = { detail: "Invalid page." };
export const inactive = { detail: "User inactive or deleted." };
export const noCredentials = { detail: "Authentication credentials were not provided." };
export const slugTaken = { slug: ["organization with this slug already exists."] };
export const slugFormat = 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.';
export const reserved = { slug: ["This slug is reserved."] };
export const required = "This field is required.";

/** Returns the organizations API's body of an account from `createAccount`. */
export function organizationBody({ id, slug, title }: TestAccount): object {
  return {
    uuid: id,
    name: title,
    slug,
    account_portal_url: `https://roster.test/portal/${slug}`,
    logo_url: null,
  };
}

/** Returns the body of a list with a single page. */
export function onlyPage(...organizations: TestAccount[]): object {
  return {
    count: organizations.length,
    next: null,
    previous: null,
    results: organizations.map(organizationBody),
  };
}

/** Creates a user who has signed in and is deactivated. */
export async function createInactiveUser(): Promise<Caller> {
  const caller = await createUser();
  await deactivate(caller);
  return caller;
}

export async function deactivate(caller: Caller): Promise<void> {
  const me = await caller.get("/api/v1/user");
  await env.DB.prepare("UPDATE users SET is_active = 0 WHERE uuid = ?").bind(me.body.id).run();
}

/** Creates a user who has signed in. Concurrent first requests would all sign in. */
export async function createKnownUser(): Promise<Caller> {
  const caller = await createUser();
  await caller.get("/api/v1/user");
  return caller;
}

/** Creates a member of an account. */
export async function createMember(account: TestAccount): Promise<Caller> {
  const member = await createUser();
  await addMember(account, member);
  return member;
}

export async function createAccountWithMember(): Promise<{
  owner: Caller;
  account: TestAccount;
  member: Caller;
}> {
  const owner = await createUser();
  const account = await createAccount(owner);
  return { owner, account, member: await createMember(account) };
}

/** Returns the body of a new organization with a unique slug. */
export function newOrganization(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { name: "Acme", slug: unique("org"), ...fields };
}

/** Sends a body unchanged with a content type. */
export function sendRaw(
  caller: Caller,
  method: string,
  path: string,
  raw: string | Uint8Array<ArrayBuffer> | FormData | ReadableStream,
  contentType?: string,
): Promise<ApiResponse> {
  const bytes = typeof raw === "string" ? new TextEncoder().encode(raw) : raw;
  return caller.send(method, path, undefined, {
    raw: bytes,
    ...(contentType === undefined ? {} : { headers: { "Content-Type": contentType } }),
  });
}

/** Asserts that an organization was created with these values. */
export function expectCreated(answer: ApiResponse, name: string, slug: string): void {
  expect(statusAndBody(answer)).toEqual({
    status: 201,
    body: {
      uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      name,
      slug,
      account_portal_url: `https://roster.test/portal/${slug}`,
      logo_url: null,
    },
  });
}

/** Creates a caller with organizations in the order of their names. */
export async function createCallerWithAccounts(
  count: number,
): Promise<{ caller: Caller; accounts: TestAccount[] }> {
  const caller = await createUser();
  const accounts: TestAccount[] = [];
  for (let made = 0; made < count; made += 1) {
    accounts.push(await createAccount(caller, { title: `Organization ${String(made).padStart(3, "0")}` }));
  }
  return { caller, accounts };
}
