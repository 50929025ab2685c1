/** The operations that make something, each told in the same way. */
import { read } from "./accounts/rows.ts";
import { anAddress } from "./organizations/invitations.ts";
import { unique, type Answer, type Caller, type MadeAccount } from "./world.ts";

export interface Creation {
  readonly status: number;
  readonly path: (of: Pick<MadeAccount, "id" | "slug">) => string;
  /** A body of its own, which can be made once. */
  readonly body: () => Record<string, string>;
  readonly action: string;
}

export const creations = {
  "an account": {
    status: 201,
    path: () => "/api/v1/accounts",
    body: () => ({ slug: unique("made"), title: "Made" }),
    action: "account.created",
  },
  "an invite": {
    status: 200,
    path: ({ slug }) => `/api/v1/account/${slug}/invite`,
    body: () => ({ email: anAddress(), role: "AMEMBER" }),
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
    body: () => ({ email: anAddress(), first_name: "Ada", last_name: "Lovelace" }),
    action: "user.created",
  },
  "an invitation": {
    status: 201,
    path: ({ id }) => `/accounts/invite/?organization=${id}`,
    body: () => ({ invitee_identifier: anAddress(), role: "AMEMBER" }),
    action: "invite.created",
  },
} as const satisfies Readonly<Record<string, Creation>>;

/** Whether a path is of the organizations face. */
export function isThere(path: string): boolean {
  return path.startsWith("/accounts/");
}

/** What the two faces say of a key that came with another request. */
export function reused(path: string): object {
  const detail = "This Idempotency-Key was used with another request";
  return { status: 422, body: { detail: isThere(path) ? `${detail}.` : detail } };
}

export function withKey(key: string, headers: Readonly<Record<string, string>> = {}) {
  return { headers: { ...headers, "Idempotency-Key": key } };
}

/** Sends a body with a key. */
export function send(caller: Caller, path: string, body: unknown, key: string): Promise<Answer> {
  return caller.post(path, body, withKey(key));
}

/** How much there is of everything that a creation makes. */
export async function everythingMade(): Promise<Readonly<Record<string, number>>> {
  const row = await read(
    `SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM users) AS users,
       (SELECT count(*) FROM invites) AS invites, (SELECT count(*) FROM memberships) AS memberships,
       (SELECT count(*) FROM audit_rows) AS audit, (SELECT count(*) FROM idempotency_keys) AS keys,
       (SELECT count(*) FROM personal_access_tokens) AS tokens`,
  );
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]));
}
