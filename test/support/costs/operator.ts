import { createPrivateZone } from "../database.ts";
import { type TestAccount, unique } from "../fixtures.ts";
import { createImage, formWith } from "../logos.ts";
import { createColleague } from "../organization-users.ts";
import type { OperationCost } from "./operation-cost.ts";

const manage = "/api/manage";
const managed = ({ id }: TestAccount) => `${manage}/@account/${id}`;
const zone = async () => `${manage}/@zone/${(await createPrivateZone()).id}`;
const user = async () => `${manage}/@user/${(await createColleague([])).uuid}`;

/** Costs of the operator API. */
export const manageCosts = {
  listManagedAccounts: {
    send: (caller) => caller.get(`${manage}/@accounts?page_size=1`),
    status: 200,
    roundTrips: 1,
    read: 4,
    written: 0,
    byToken: 10,
    invalid: (caller) => caller.get(`${manage}/@accounts?page=nonsense`),
  },
  getManagedAccount: {
    send: (caller, made) => caller.get(managed(made)),
    status: 200,
    roundTrips: 1,
    read: 5,
    written: 0,
    byToken: 7,
  },
  updateManagedAccount: {
    send: (caller, made) => caller.patch(managed(made), { type: "v3pro", usage_limit: 5 }),
    status: 200,
    roundTrips: 2,
    objects: 1,
    read: 11,
    written: 3,
    invalid: (caller, made) => caller.patch(managed(made), { type: "gold" }),
    unchanged: { send: (caller, made) => caller.patch(managed(made), { type: "stash-trial" }), read: 5 },
  },
  blockAccount: {
    send: (caller, made) => caller.patch(`${managed(made)}/blocking_status`, { blocking_state: "manager" }),
    status: 200,
    roundTrips: 2,
    read: 11,
    written: 3,
    invalid: (caller, made) => caller.patch(`${managed(made)}/blocking_status`, { blocking_state: "quota" }),
    unchanged: {
      send: (caller, made) =>
        caller.patch(`${managed(made)}/blocking_status`, { blocking_state: "unblocked" }),
      read: 5,
    },
  },
  listManagedZones: {
    send: (caller) => caller.get(`${manage}/@zones`),
    status: 200,
    roundTrips: 1,
    read: 4,
    written: 0,
    byToken: 6,
  },
  createZone: {
    send: (caller) =>
      caller.post(`${manage}/@zones`, { slug: unique("zone"), title: "Zone", cloud_provider: "AWS" }),
    status: 201,
    roundTrips: 2,
    read: 7,
    written: 4,
    keyed: { read: 9, written: 6, again: 4 },
    invalid: (caller) => caller.post(`${manage}/@zones`, {}),
  },
  getZone: {
    send: async (caller) => caller.get(await zone()),
    status: 200,
    roundTrips: 1,
    read: 3,
    written: 0,
    byToken: 5,
    invalid: (caller) => caller.get(`${manage}/@zone/nonsense`),
  },
  updateZone: {
    send: async (caller) => caller.patch(await zone(), { title: "Another" }),
    status: 200,
    roundTrips: 2,
    read: 8,
    written: 2,
    invalid: async (caller) => caller.patch(await zone(), { slug: "Not A Slug" }),
    unchanged: { send: async (caller) => caller.patch(await zone(), { title: "Private" }), read: 3 },
  },
  deleteZone: {
    send: async (caller) => caller.delete(await zone()),
    status: 204,
    roundTrips: 2,
    read: 9,
    written: 2,
    invalid: (caller) => caller.delete(`${manage}/@zone/nonsense`),
  },
  listManagedUsers: {
    send: (caller) => caller.get(`${manage}/@users?page_size=1`),
    status: 200,
    roundTrips: 1,
    read: 4,
    written: 0,
    byToken: 10,
    invalid: (caller) => caller.get(`${manage}/@users?page=nonsense`),
  },
  getManagedUser: {
    send: async (caller) => caller.get(await user()),
    status: 200,
    roundTrips: 1,
    read: 3,
    written: 0,
    byToken: 5,
    invalid: (caller) => caller.get(`${manage}/@user/nonsense`),
  },
  updateManagedUser: {
    send: async (caller) => caller.patch(await user(), { type: "SALES", groups: [2], is_active: false }),
    status: 200,
    roundTrips: 2,
    read: 16,
    written: 4,
    invalid: async (caller) => caller.patch(await user(), { type: "ROOT" }),
    unchanged: {
      send: async (caller) => caller.patch(await user(), { type: "USER", groups: [], is_active: true }),
      read: 6,
    },
  },
  listAudit: {
    send: (caller) => caller.get(`${manage}/@audit?limit=1`),
    status: 200,
    roundTrips: 1,
    read: 4,
    written: 0,
    byToken: 10,
    invalid: (caller) => caller.get(`${manage}/@audit?limit=0`),
  },
  exportRows: {
    send: (caller) => caller.get(`${manage}/@export?limit=1`),
    status: 200,
    roundTrips: 1,
    read: 7,
    written: 0,
    byToken: 13,
    invalid: (caller) => caller.get(`${manage}/@export?cursor=nonsense`),
  },
  exportUsage: {
    send: (caller, made) => caller.get(`${manage}/@export/usage/${made.id}`),
    status: 200,
    roundTrips: 1,
    objects: 1,
    read: 5,
    written: 0,
    byToken: 7,
    invalid: (caller) => caller.get(`${manage}/@export/usage/nonsense`),
  },
  importRows: {
    send: (caller) =>
      caller.post(`${manage}/@import`, { export: crypto.randomUUID(), position: 0, rows: [] }),
    // A service in use accepts no import.
    status: 409,
    roundTrips: 1,
    read: 4,
    written: 0,
    byToken: 6,
    invalid: (caller) => caller.post(`${manage}/@import`, {}),
  },
  importUsage: {
    send: (caller, made) => caller.post(`${manage}/@import/usage/${made.id}`, { rows: [] }),
    status: 409,
    roundTrips: 1,
    read: 6,
    written: 0,
    byToken: 8,
    invalid: (caller, made) => caller.post(`${manage}/@import/usage/${made.id}`, {}),
  },
  importLogo: {
    send: (caller, made) =>
      caller.put(`${manage}/@import/logo/${made.id}`, undefined, { raw: formWith(createImage()) }),
    status: 409,
    roundTrips: 1,
    read: 6,
    written: 0,
    byToken: 8,
    invalid: (caller) => caller.put(`${manage}/@import/logo/nonsense`),
  },
} satisfies Record<string, OperationCost>;
