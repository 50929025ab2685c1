/** Rows of the operator API. */
import { createPrivateZone } from "../../support/database.ts";
import { type TestAccount, unique } from "../../support/fixtures.ts";
import { createImage, formWith } from "../../support/logos.ts";
import { createColleague } from "../../support/organization-users.ts";
import { inUse } from "./errors.ts";
import { type AuthorizationRow, operatorOnly } from "./row.ts";

const manage = "/api/manage";
const zone = async () => `${manage}/@zone/${(await createPrivateZone()).id}`;
const managedUser = async (of: TestAccount) => `${manage}/@user/${(await createColleague([of])).uuid}`;

export const operatorRows: readonly AuthorizationRow[] = [
  {
    id: "listManagedAccounts",
    statuses: operatorOnly(200),
    send: (caller) => caller.get(`${manage}/@accounts`),
  },
  {
    id: "getManagedAccount",
    statuses: operatorOnly(200),
    send: (caller, of) => caller.get(`${manage}/@account/${of.slug}`),
  },
  {
    id: "updateManagedAccount",
    statuses: operatorOnly(200),
    send: (caller, of) => caller.patch(`${manage}/@account/${of.id}`, { max_users: 3 }),
  },
  {
    id: "blockAccount",
    statuses: operatorOnly(200),
    send: (caller, of) =>
      caller.patch(`${manage}/@account/${of.id}/blocking_status`, { blocking_state: "budget" }),
  },
  {
    id: "listManagedZones",
    statuses: operatorOnly(200),
    send: (caller) => caller.get(`${manage}/@zones`),
  },
  {
    id: "createZone",
    statuses: operatorOnly(201),
    send: (caller) =>
      caller.post(`${manage}/@zones`, { slug: unique("zone"), title: "Zone", cloud_provider: "AWS" }),
  },
  {
    id: "getZone",
    statuses: operatorOnly(200),
    send: async (caller) => caller.get(await zone()),
  },
  {
    id: "updateZone",
    statuses: operatorOnly(200),
    send: async (caller) => caller.patch(await zone(), { title: "Another" }),
  },
  {
    id: "deleteZone",
    statuses: operatorOnly(204),
    send: async (caller) => caller.delete(await zone()),
  },
  {
    id: "listManagedUsers",
    statuses: operatorOnly(200),
    send: (caller) => caller.get(`${manage}/@users`),
  },
  {
    id: "getManagedUser",
    statuses: operatorOnly(200),
    send: async (caller, of) => caller.get(await managedUser(of)),
  },
  {
    id: "updateManagedUser",
    statuses: operatorOnly(200),
    send: async (caller, of) => caller.patch(await managedUser(of), { type: "SALES" }),
  },
  {
    id: "listAudit",
    statuses: operatorOnly(200),
    send: (caller) => caller.get(`${manage}/@audit`),
  },
  {
    id: "exportRows",
    statuses: operatorOnly(200),
    send: (caller) => caller.get(`${manage}/@export`),
  },
  {
    id: "exportUsage",
    statuses: operatorOnly(200),
    send: (caller, of) => caller.get(`${manage}/@export/usage/${of.id}`),
  },
  {
    id: "importRows",
    statuses: operatorOnly(409),
    send: (caller) =>
      caller.post(`${manage}/@import`, { export: crypto.randomUUID(), position: 0, rows: [] }),
    errors: { 409: inUse },
  },
  {
    id: "importUsage",
    statuses: operatorOnly(409),
    send: (caller, of) => caller.post(`${manage}/@import/usage/${of.id}`, { rows: [] }),
    errors: { 409: inUse },
  },
  {
    id: "importLogo",
    statuses: operatorOnly(409),
    send: (caller, of) =>
      caller.put(`${manage}/@import/logo/${of.id}`, undefined, { raw: formWith(createImage()) }),
    errors: { 409: inUse },
  },
];
