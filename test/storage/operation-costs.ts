import type { OperationId } from "../../src/domain/permissions.ts";
import { storeInvite } from "../organizations/invitations.ts";
import { makeColleague, oneUser } from "../organizations/users.ts";
import { unique, type Answer, type Caller, type MadeAccount } from "../world.ts";

type Send = (caller: Caller, account: MadeAccount) => Promise<Answer>;

export interface Cost {
  /** The operation as it succeeds. */
  readonly send: Send;
  readonly status: number;
  readonly trips: 0 | 1 | 2;
  /** Rows read and written for the only owner of one account. */
  readonly read: number;
  readonly written: number;
  /** Rows read besides where an index has an entry behind the last match, which others' data decide. */
  readonly neighbours?: number;
  /** The same with a request whose values do not fit, where the operation takes any. */
  readonly invalid?: Send;
  /** The same with a request that asks for what already is, and the rows it reads. */
  readonly unchanged?: { readonly send: Send; readonly read: number };
}

const organization = ({ id }: MadeAccount) => `/accounts/organizations/${id}/`;
const account = ({ id }: MadeAccount) => `/api/v1/account/${id}`;
/** The path of a user who has never signed in and is in this account alone. */
const colleague = async (made: MadeAccount) => oneUser((await makeColleague([made])).uuid);

/** How each operation is asked for and what it costs; one that is missing here fails the tests. */
export const costs: Record<OperationId, Cost> = {
  listOrganizations: {
    send: (caller) => caller.get("/accounts/organizations/"),
    status: 200,
    trips: 1,
    read: 13,
    written: 0,
    invalid: (caller) => caller.get("/accounts/organizations/?uuid=nonsense&id=x"),
  },
  createOrganization: {
    send: (caller) => caller.post("/accounts/organizations/", { name: "A new one", slug: unique("new") }),
    status: 201,
    trips: 2,
    read: 21,
    written: 16,
    invalid: (caller) => caller.post("/accounts/organizations/", { name: "" }),
  },
  retrieveOrganization: {
    send: (caller, made) => caller.get(organization(made)),
    status: 200,
    trips: 1,
    read: 5,
    written: 0,
    invalid: (caller) => caller.get("/accounts/organizations/nonsense/"),
  },
  updateOrganization: {
    send: (caller, made) => caller.put(organization(made), { name: "Another", slug: unique("other") }),
    status: 200,
    trips: 2,
    read: 14,
    written: 7,
    invalid: (caller, made) => caller.put(organization(made), { name: "Another" }),
    unchanged: {
      send: (caller, made) => caller.put(organization(made), { name: made.title, slug: made.slug }),
      read: 5,
    },
  },
  partialUpdateOrganization: {
    send: (caller, made) => caller.patch(organization(made), { name: "Another" }),
    status: 200,
    trips: 2,
    read: 13,
    written: 6,
    invalid: (caller, made) => caller.patch(organization(made), { slug: "not a slug" }),
    unchanged: { send: (caller, made) => caller.patch(organization(made), {}), read: 5 },
  },
  deleteOrganization: {
    send: (caller, made) => caller.delete(organization(made)),
    status: 204,
    trips: 2,
    read: 20,
    written: 8,
    invalid: (caller) => caller.delete("/accounts/organizations/nonsense/"),
  },
  listUsers: {
    send: (caller) => caller.get("/accounts/users/"),
    status: 200,
    trips: 1,
    read: 20,
    written: 0,
    invalid: (caller) => caller.get("/accounts/users/?page=0"),
  },
  createUser: {
    send: (caller, { id }) =>
      caller.post(`/accounts/users/?organization=${id}`, { email: "new@example.com" }),
    status: 201,
    trips: 2,
    read: 45,
    written: 13,
    invalid: (caller, { id }) => caller.post(`/accounts/users/?organization=${id}`, { email: "nobody" }),
  },
  retrieveUser: {
    send: async (caller, made) => caller.get(await colleague(made)),
    status: 200,
    trips: 1,
    read: 12,
    written: 0,
    invalid: (caller) => caller.get("/accounts/users/nonsense/"),
  },
  updateUser: {
    send: async (caller, made) => caller.put(await colleague(made), { first_name: "Another" }),
    status: 200,
    trips: 2,
    read: 29,
    written: 5,
    invalid: async (caller, made) => caller.put(await colleague(made), { email: "nobody" }),
    unchanged: { send: async (caller, made) => caller.put(await colleague(made), { groups: [] }), read: 15 },
  },
  partialUpdateUser: {
    send: async (caller, made) => caller.patch(await colleague(made), { is_active: false }),
    status: 200,
    trips: 2,
    read: 30,
    written: 5,
    invalid: async (caller, made) => caller.patch(await colleague(made), { is_active: "perhaps" }),
    unchanged: { send: async (caller, made) => caller.patch(await colleague(made), {}), read: 15 },
  },
  deleteUser: {
    send: async (caller, made) => caller.delete(await colleague(made)),
    status: 204,
    trips: 2,
    read: 40,
    written: 7,
    invalid: (caller) => caller.delete("/accounts/users/nonsense/"),
  },
  listAnalysts: {
    send: (caller, { id }) => caller.get(`/accounts/analysts/?organization=${id}`),
    status: 200,
    trips: 1,
    read: 11,
    written: 0,
    invalid: (caller, { id }) => caller.get(`/accounts/analysts/?organization=${id}&page=0`),
  },
  listGroups: {
    send: (caller) => caller.get("/accounts/groups/"),
    status: 200,
    trips: 1,
    read: 43,
    written: 0,
    invalid: (caller) => caller.get("/accounts/groups/?page=0"),
  },
  getCurrentAnalyst: {
    send: (caller) => caller.get("/accounts/analysts/current/"),
    status: 200,
    trips: 1,
    read: 2,
    written: 0,
  },
  updateCurrentAnalyst: {
    send: (caller) => caller.patch("/accounts/analysts/current/", { consent_given: true }),
    status: 200,
    trips: 2,
    read: 5,
    written: 2,
    invalid: (caller) => caller.patch("/accounts/analysts/current/", { consent_given: "perhaps" }),
    unchanged: { send: (caller) => caller.patch("/accounts/analysts/current/", {}), read: 2 },
  },
  getLoginUrl: {
    send: (caller) => caller.post("/accounts/login_url/", { email: caller.email }),
    status: 200,
    trips: 1,
    read: 5,
    neighbours: 1,
    written: 0,
    invalid: (caller) => caller.post("/accounts/login_url/", { email: "nobody" }),
  },
  getPortal: {
    send: (caller) => caller.get("/accounts/portal/"),
    status: 200,
    trips: 1,
    read: 7,
    written: 0,
  },
  listInvitations: {
    send: (caller, made) => caller.get(`/accounts/invite/?organization=${made.id}`),
    status: 200,
    trips: 1,
    read: 17,
    written: 0,
    invalid: (caller) => caller.get("/accounts/invite/?page=0"),
  },
  createInvitation: {
    send: (caller, made) =>
      caller.post(`/accounts/invite/?organization=${made.id}`, {
        invitee_identifier: `${unique("invitee")}@example.com`,
        role: "AOWNER",
      }),
    status: 201,
    trips: 2,
    read: 21,
    written: 9,
    invalid: (caller, made) => caller.post(`/accounts/invite/?organization=${made.id}`, { role: "boss" }),
  },
  retrieveInvitation: {
    send: async (caller, made) => caller.get(`/accounts/invite/${await storeInvite(made)}/`),
    status: 200,
    trips: 1,
    read: 7,
    written: 0,
    invalid: (caller) => caller.get("/accounts/invite/nonsense/"),
  },
  resendInvitation: {
    send: async (caller, made) => caller.post(`/accounts/invite/${await storeInvite(made, "AOWNER")}/`),
    status: 200,
    trips: 2,
    read: 17,
    written: 4,
    invalid: (caller) => caller.post("/accounts/invite/nonsense/"),
  },
  revokeInvitation: {
    send: async (caller, made) => caller.delete(`/accounts/invite/${await storeInvite(made, "AOWNER")}/`),
    status: 204,
    trips: 2,
    read: 17,
    written: 3,
    invalid: (caller) => caller.delete("/accounts/invite/nonsense/"),
  },
  listAccounts: {
    send: (caller) => caller.get("/api/v1/accounts"),
    status: 200,
    trips: 1,
    read: 6,
    written: 0,
  },
  createAccount: {
    send: (caller) => caller.post("/api/v1/accounts", { slug: unique("new"), zone: "europe-1" }),
    status: 201,
    trips: 2,
    read: 23,
    written: 17,
    invalid: (caller) => caller.post("/api/v1/accounts", { slug: "Not A Slug" }),
  },
  getAccount: {
    send: (caller, made) => caller.get(account(made)),
    status: 200,
    trips: 1,
    read: 5,
    written: 0,
  },
  modifyAccount: {
    send: (caller, made) => caller.patch(account(made), { description: "What it is for" }),
    status: 200,
    trips: 2,
    read: 13,
    written: 3,
    invalid: (caller, made) => caller.patch(account(made), { slug: "Not A Slug", saml: {} }),
    unchanged: {
      send: (caller, made) =>
        caller.patch(account(made), { title: made.title, description: null, saml: null }),
      read: 5,
    },
  },
  deleteAccount: {
    send: (caller, made) => caller.delete(account(made)),
    status: 204,
    trips: 2,
    read: 20,
    written: 8,
  },
  getSlugStatus: {
    send: (caller, made) => caller.get(`/api/v1/account/${made.slug}/status`),
    status: 200,
    trips: 1,
    read: 3,
    written: 0,
  },
  getUser: { send: (caller) => caller.get("/api/v1/user"), status: 200, trips: 1, read: 2, written: 0 },
  getWelcome: {
    send: (caller) => caller.get("/api/v1/user/welcome"),
    status: 200,
    trips: 1,
    read: 7,
    written: 0,
  },
  listZones: { send: (caller) => caller.get("/api/v1/zones"), status: 200, trips: 1, read: 4, written: 0 },
  listAccountZones: {
    send: (caller, made) => caller.get(`${account(made)}/zones`),
    status: 200,
    trips: 1,
    read: 7,
    written: 0,
  },
  getRoot: { send: (caller) => caller.get("/"), status: 200, trips: 0, read: 0, written: 0 },
  getHealth: { send: (caller) => caller.get("/healthz"), status: 200, trips: 0, read: 0, written: 0 },
  getReadiness: { send: (caller) => caller.get("/readyz"), status: 200, trips: 1, read: 3, written: 0 },
  getDocument: { send: (caller) => caller.get("/openapi.json"), status: 200, trips: 0, read: 0, written: 0 },
  getDocsPage: { send: (caller) => caller.get("/docs"), status: 200, trips: 0, read: 0, written: 0 },
};
