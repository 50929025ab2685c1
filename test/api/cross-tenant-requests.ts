/** How each operation that takes an id is asked with one, be it another tenant's or nobody's. */
import { type OperationId, operations } from "../../src/domain/permissions.ts";
import { type ApiResponse, type Caller, type TestAccount, unique } from "../support/fixtures.ts";
import { createImage, formWith, logoPath } from "../support/logos.ts";

/** The names of a tenant and of what is its own. */
export interface TenantIds {
  /** The account's. */
  readonly id: string;
  readonly slug: string;
  /** Its integer key. */
  readonly key: number;
  /** A member who has signed in. */
  readonly user: string;
  /** A member who never has. */
  readonly colleague: string;
  readonly invite: string;
  readonly address: string;
  readonly token: string;
  /** A knowledge box that usage is recorded of. */
  readonly box: string;
}

/** Names of nothing. */
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

/** Asks with the names of somebody, as who has to do with an account of their own. */
export type SendWithIds = (caller: Caller, own: TestAccount, of: TenantIds) => Promise<ApiResponse>;

const v1 = "/api/v1/account";
const usage = "usage?from=2020-01-01";
const change = { title: "Taken", name: "Taken" };

type ToAccount = (caller: Caller, path: string, of: TenantIds) => Promise<ApiResponse>;

/** A request to an account itself, by its id. */
const toAccountId = (send: ToAccount): SendWithIds[] => [
  (caller, _own, of) => send(caller, `${v1}/${of.id}`, of),
];
/** And by its slug too. */
const toAccount = (send: ToAccount): SendWithIds[] => [
  (caller, _own, of) => send(caller, `${v1}/${of.slug}`, of),
  ...toAccountId(send),
];

/** A request about the organization that is named, by its slug, by its id and in the header. */
const naming = (
  send: (caller: Caller, query: string, headers: Record<string, string>) => Promise<ApiResponse>,
): SendWithIds[] => [
  (caller, _own, of) => send(caller, `?organization=${of.slug}`, {}),
  (caller, _own, of) => send(caller, `?organization=${of.id}`, {}),
  (caller, _own, of) => send(caller, "", { "X-Organization": of.id }),
];

/** A request to a user of the organizations face, whether they have signed in or not. */
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
/** A request about the logo of one account with the id of another, both ways round. */
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

/** Operations that take an id and are not asked here, with why. */
export const exemptOperations: Readonly<Partial<Record<OperationId, string>>> = {
  getSlugStatus: "tells whether a slug is taken",
  acceptReceivedInvitation: "tells who knows its id that an invite is for another address",
  ...Object.fromEntries(
    Object.entries(operations)
      .filter(([, need]) => need === "manage")
      .map(([id]) => [id, "tells all but the operator the same, see the refusals"]),
  ),
};
