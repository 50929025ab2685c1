import type { OperationId } from "../../src/domain/permissions.ts";
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
  /** The same with a request whose values do not fit, where the operation takes any. */
  readonly invalid?: Send;
  /** The same with a request that asks for what already is, and the rows it reads. */
  readonly unchanged?: { readonly send: Send; readonly read: number };
}

const organization = ({ id }: MadeAccount) => `/accounts/organizations/${id}/`;
const account = ({ id }: MadeAccount) => `/api/v1/account/${id}`;

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
    read: 13,
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
    read: 12,
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
    read: 12,
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
