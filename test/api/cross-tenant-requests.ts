/** A request with another tenant's or unknown ids for each operation that has ids. */
import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { type ApiResponse, type Caller, type TestAccount, unique } from "../support/fixtures.ts";
import { createImage, formWith, logoPath } from "../support/logos.ts";

/** The ids of a tenant and its resources. */
export interface TenantIds {
  /** The account's id. */
  readonly id: string;
  readonly slug: string;
  /** The account's integer key. */
  readonly key: number;
  /** A member who has signed in. */
  readonly user: string;
  /** A member who has never signed in. */
  readonly colleague: string;
  readonly invite: string;
  readonly address: string;
  readonly token: string;
  /** A knowledge box with recorded usage. */
  readonly box: string;
}

/** Returns unknown ids. */
export function unknownIds(): TenantIds {
  const id = () => crypto.randomUUID();
  return {
    id: id(),
    slug: unique("nobodys"),
    key: 2 ** 40,
    user: id(),
    colleague: id(),
    invite: id(),
    address: `${unique("nobody")}@example.com`,
    token: id(),
    box: id(),
  };
}

/** Sends a request with the ids of `of` as a caller who is related to the account `own`. */
export type SendWithIds = (caller: Caller, own: TestAccount, of: TenantIds) => Promise<ApiResponse>;

const v1 = "/api/v1/account";
const usage = "usage?from=2020-01-01";
const change = { title: "Taken", name: "Taken" };

type ToAccount = (caller: Caller, path: string, of: TenantIds) => Promise<ApiResponse>;

/** Returns a request to an account by its id. */
const toAccountId = (send: ToAccount): SendWithIds[] => [
  (caller, _own, of) => send(caller, `${v1}/${of.id}`, of),
];
/** Returns requests to an account by its slug and by its id. */
const toAccount = (send: ToAccount): SendWithIds[] => [
  (caller, _own, of) => send(caller, `${v1}/${of.slug}`, of),
  ...toAccountId(send),
];

/** Returns requests that name an organization by slug, by id and in the header. */
const naming = (
  send: (caller: Caller, query: string, headers: Record<string, string>) => Promise<ApiResponse>,
): SendWithIds[] => [
  (caller, _own, of) => send(caller, `?organization=${of.slug}`, {}),
  (caller, _own, of) => send(caller, `?organization=${of.id}`, {}),
  (caller, _own, of) => send(caller, "", { "X-Organization": of.id }),
];

/** Returns requests to users of the organizations API who have and have not signed in. */
const toUser = (method: string, body?: unknown): SendWithIds[] => [
  (caller, _own, of) => caller.send(method, `/accounts/users/${of.user}/`, body),
  (caller, _own, of) => caller.send(method, `/accounts/users/${of.colleague}/`, body),
];
const toOrganization = (method: string, body?: unknown, path = ""): SendWithIds[] => [
  (caller, _own, of) => caller.send(method, `/accounts/organizations/${of.id}/${path}`, body),
];
const toInvitation = (method: string): SendWithIds[] => [
  (caller, _own, of) => caller.send(method, `/accounts/invite/${of.invite}/`),
];
/** Returns requests for a logo with the path of one account and the id of another, in both directions. */
const toLogo = (method: string, file?: () => FormData): SendWithIds[] => {
  const send = (caller: Caller, path: string) =>
    caller.send(method, path, undefined, file === undefined ? {} : { raw: file() });
  return [
    (caller, own, of) => send(caller, logoPath(own, of.id)),
    (caller, own, of) => send(caller, logoPath({ ...own, slug: of.slug })),
    (caller, _own, of) => send(caller, logoPath(of)),
  ];
};
const get =
  (path: (own: TestAccount, of: TenantIds) => string): SendWithIds =>
  (caller, own, of) =>
    caller.get(path(own, of));

export const crossTenantRequests: Readonly<Partial<Record<OperationId, readonly SendWithIds[]>>> = {
  listOrganizations: [
    get((_own, of) => `/accounts/organizations/?id=${of.key}`),
    get((_own, of) => `/accounts/organizations/?uuid=${of.id}`),
    get((_own, of) => `/accounts/organizations/?slug=${of.slug}`),
  ],
  retrieveOrganization: toOrganization("GET"),
  updateOrganization: toOrganization("PUT", { ...change, slug: "taken-over" }),
  partialUpdateOrganization: toOrganization("PATCH", change),
  deleteOrganization: toOrganization("DELETE"),
  incrementUsage: toOrganization("POST", {}, "increment/"),
  createUser: naming((caller, query, headers) => caller.post(`/accounts/users/${query}`, {}, { headers })),
  retrieveUser: toUser("GET"),
  updateUser: toUser("PUT", { first_name: "Taken" }),
  partialUpdateUser: toUser("PATCH", { is_active: false }),
  deleteUser: toUser("DELETE"),
  listAnalysts: naming((caller, query, headers) => caller.get(`/accounts/analysts/${query}`, { headers })),
  getPortal: naming((caller, query, headers) => caller.get(`/accounts/portal/${query}`, { headers })),
  listInvitations: naming((caller, query, headers) => caller.get(`/accounts/invite/${query}`, { headers })),
  createInvitation: naming((caller, query, headers) =>
    caller.post(`/accounts/invite/${query}`, { invitee_identifier: "ada@example.com" }, { headers }),
  ),
  retrieveInvitation: toInvitation("GET"),
  resendInvitation: toInvitation("POST"),
  revokeInvitation: toInvitation("DELETE"),

  getAccount: toAccount((caller, path) => caller.get(path)),
  modifyAccount: toAccount((caller, path) => caller.patch(path, change)),
  deleteAccount: toAccount((caller, path) => caller.delete(path)),
  listAccountZones: toAccount((caller, path) => caller.get(`${path}/zones`)),
  getAccountPermissions: [
    ...toAccount((caller, path, of) => caller.get(`${path}/permissions?account_id=${of.id}`)),
    get((own, of) => `${v1}/${own.slug}/permissions?account_id=${of.id}`),
    get((own, of) => `${v1}/${own.slug}/permissions?account_id=${own.id}&stash_id=${of.box}`),
  ],
  getMember: [
    ...toAccount((caller, path, of) => caller.get(`${path}/user/${of.user}`)),
    get((own, of) => `${v1}/${own.slug}/user/${of.user}`),
    get((own, of) => `${v1}/${own.slug}/user/${of.colleague}`),
  ],
  listMembers: toAccount((caller, path) => caller.get(`${path}/users`)),
  updateMembers: [
    ...toAccount((caller, path, of) => caller.patch(`${path}/users`, { delete: [of.colleague] })),
    (caller, own, of) => caller.patch(`${v1}/${own.slug}/users`, { delete: [of.user, of.colleague] }),
  ],
  removeMember: [
    ...toAccount((caller, path, of) => caller.delete(`${path}/user/${of.colleague}`)),
    (caller, own, of) => caller.delete(`${v1}/${own.slug}/user/${of.user}`),
    (caller, own, of) => caller.delete(`${v1}/${own.slug}/user/${of.colleague}`),
  ],
  searchMembers: toAccount((caller, path) => caller.get(`${path}/users/search?query=a`)),
  getUsage: [
    ...toAccountId((caller, path) => caller.get(`${path}/${usage}`)),
    get((own, of) => `${v1}/${own.id}/${usage}&knowledgebox=${of.box}`),
  ],
  recordUsage: toAccountId((caller, path) =>
    caller.post(`${path}/usage`, { events: [{ id: "one", metric: "ai_tokens_used", value: 1 }] }),
  ),
  listAccountInvites: toAccountId((caller, path) => caller.get(`${path}/invites`)),
  inviteToAccount: toAccount((caller, path) => caller.post(`${path}/invite`, { email: "ada@example.com" })),
  deleteAccountInvite: [
    ...toAccountId((caller, path, of) => caller.delete(`${path}/invite/${of.address}`)),
    (caller, own, of) => caller.delete(`${v1}/${own.id}/invite/${of.address}`),
  ],
  listAccountAudit: [
    ...toAccount((caller, path) => caller.get(`${path}/audit`)),
    get((own, of) => `${v1}/${own.slug}/audit?actor=${of.user}`),
  ],
  exportAccount: toAccount((caller, path) => caller.get(`${path}/export`)),
  downloadLogo: toLogo("GET"),
  uploadLogo: toLogo("PATCH", () => formWith(createImage())),
  deleteLogo: toLogo("DELETE"),
  deleteAccessToken: [(caller, _own, of) => caller.delete(`/api/v1/user/pa_token/${of.token}`)],
};

/** Operations with an id that are not tested here, and why. */
export const exemptOperations: Readonly<Partial<Record<OperationId, string>>> = {
  getSlugStatus: "reports whether a slug is taken",
  acceptReceivedInvitation: "reports that an invitation is for another address",
  ...Object.fromEntries(
    Object.entries(operations)
      .filter(([, need]) => need === "manage")
      .map(([id]) => [id, "answers 403 to everyone but the operator, see the authorization matrix"]),
  ),
};
