/** The operations that create something. */
import { queryRow } from "./database.ts";
import { type ApiResponse, type Caller, type TestAccount, unique } from "./fixtures.ts";
import { uniqueEmail } from "./invitations.ts";

export interface CreateOperation {
  readonly status: number;
  readonly path: (of: Pick<TestAccount, "id" | "slug">) => string;
  /** Returns a new, valid body. */
  readonly body: () => Record<string, string>;
  readonly action: string;
}

export const createOperations = {
  "an account": {
    status: 201,
    path: () => "/api/v1/accounts",
    body: () => ({ slug: unique("made"), title: "Made" }),
    action: "account.created",
  },
  "an invite": {
    status: 200,
    path: ({ slug }) => `/api/v1/account/${slug}/invite`,
    body: () => ({ email: uniqueEmail(), role: "AMEMBER" }),
    action: "invite.created",
  },
  "an organization": {
    status: 201,
    path: () => "/accounts/organizations/",
    body: () => ({ name: "Made", slug: unique("Made") }),
    action: "account.created",
  },
  "a user": {
    status: 201,
    path: ({ id }) => `/accounts/users/?organization=${id}`,
    body: () => ({ email: uniqueEmail(), first_name: "Ada", last_name: "Lovelace" }),
    action: "user.created",
  },
  "an invitation": {
    status: 201,
    path: ({ id }) => `/accounts/invite/?organization=${id}`,
    body: () => ({ invitee_identifier: uniqueEmail(), role: "AMEMBER" }),
    action: "invite.created",
  },
} as const satisfies Readonly<Record<string, CreateOperation>>;

/** Returns whether a path belongs to the organizations API. */
export function isOrganizationsPath(path: string): boolean {
  return path.startsWith("/accounts/");
}

/** The response of both APIs to a key that was used with another request. */
export const keyReusedResponse = {
  status: 422,
  body: { detail: "This Idempotency-Key was used with a different request. Use a new key." },
};

export function withIdempotencyKey(key: string, headers: Readonly<Record<string, string>> = {}) {
  return { headers: { ...headers, "Idempotency-Key": key } };
}

/** Sends a body with an Idempotency-Key. */
export function postWithKey(caller: Caller, path: string, body: unknown, key: string): Promise<ApiResponse> {
  return caller.post(path, body, withIdempotencyKey(key));
}

/** Counts the rows of all tables to which the create operations write. */
export async function countEverything(): Promise<Readonly<Record<string, number>>> {
  const row = await queryRow(
    `SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM users) AS users,
       (SELECT count(*) FROM invites) AS invites, (SELECT count(*) FROM memberships) AS memberships,
       (SELECT count(*) FROM audit_rows) AS audit, (SELECT count(*) FROM idempotency_keys) AS keys,
       (SELECT count(*) FROM personal_access_tokens) AS tokens`,
  );
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]));
}
