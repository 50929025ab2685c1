/** Rows of the organizations API. */
import { createColleague, noUser, userPath } from "../../support/organization-users.ts";
import { type TestAccount, unique } from "../../support/fixtures.ts";
import { noInvitation, storeInvite, uniqueEmail } from "../../support/invitations.ts";
import { limitExceededResponse } from "../../support/usage.ts";
import { tooMuch } from "./errors.ts";
import {
  allow,
  type AuthorizationRow,
  everyone,
  members,
  owners,
  ownersEvenIfBlocked,
  readers,
} from "./row.ts";

const organization = ({ id }: TestAccount) => `/accounts/organizations/${id}/`;
const invitations = ({ id }: TestAccount) => `/accounts/invite/?organization=${id}`;
const invitation = async (of: TestAccount, role: "AOWNER" | "AMEMBER" = "AMEMBER") =>
  `/accounts/invite/${await storeInvite(of, role)}/`;
const colleague = async (of: TestAccount) => userPath((await createColleague([of])).uuid);

export const organizationsRows: readonly AuthorizationRow[] = [
  {
    id: "listOrganizations",
    statuses: everyone(200),
    send: (caller) => caller.get("/accounts/organizations/"),
  },
  {
    id: "createOrganization",
    statuses: everyone(201),
    send: (caller) => caller.post("/accounts/organizations/", { name: "N", slug: unique("n") }),
  },
  {
    id: "retrieveOrganization",
    statuses: allow(200, 404, readers),
    send: (caller, of) => caller.get(organization(of)),
  },
  {
    id: "updateOrganization",
    statuses: allow(200, 404, owners),
    send: (caller, of) => caller.put(organization(of), { name: "N", slug: of.slug }),
  },
  {
    id: "partialUpdateOrganization",
    statuses: allow(200, 404, owners),
    send: (caller, of) => caller.patch(organization(of), { name: "N" }),
  },
  {
    id: "deleteOrganization",
    statuses: allow(204, 404, ownersEvenIfBlocked),
    send: (caller, of) => caller.delete(organization(of)),
  },
  {
    id: "incrementUsage",
    statuses: allow(200, 404, owners),
    send: (caller, of) => caller.post(`${organization(of)}increment/`),
  },
  {
    id: "incrementUsage",
    about: "with a sum beyond 2^53-1",
    statuses: allow(400, 404, owners),
    send: (caller, of) => caller.post(`${organization(of)}increment/`, { usage: 2 ** 53 }),
    errors: { 400: tooMuch },
  },
  {
    id: "incrementUsage",
    about: "beyond the usage limit",
    statuses: allow(429, 404, owners),
    send: (caller, of) => caller.post(`${organization(of)}increment/`, { usage: 10_001 }),
    errors: { 429: limitExceededResponse(0).body },
  },
  {
    id: "listUsers",
    statuses: everyone(200),
    send: (caller) => caller.get("/accounts/users/"),
  },
  {
    id: "createUser",
    statuses: allow(201, 404, owners),
    send: (caller, of) => caller.post(`/accounts/users/?organization=${of.slug}`, {}),
  },
  {
    id: "retrieveUser",
    statuses: { ...allow(200, 404, readers), member: 404 },
    send: async (caller, of) => caller.get(await colleague(of)),
    errors: { 404: noUser },
  },
  {
    id: "updateUser",
    statuses: { ...allow(200, 404, owners), member: 404 },
    send: async (caller, of) => caller.put(await colleague(of), { first_name: "N" }),
    errors: { 404: noUser },
  },
  {
    id: "partialUpdateUser",
    statuses: { ...allow(200, 404, owners), member: 404 },
    send: async (caller, of) => caller.patch(await colleague(of), { first_name: "N" }),
    errors: { 404: noUser },
  },
  {
    id: "deleteUser",
    statuses: { ...allow(204, 404, owners), member: 404 },
    send: async (caller, of) => caller.delete(await colleague(of)),
    errors: { 404: noUser },
  },
  {
    id: "listAnalysts",
    statuses: allow(200, 404, readers),
    send: (caller, of) => caller.get(`/accounts/analysts/?organization=${of.slug}`),
  },
  {
    id: "listGroups",
    statuses: everyone(200),
    send: (caller) => caller.get("/accounts/groups/"),
  },
  {
    id: "getCurrentAnalyst",
    statuses: everyone(200),
    send: (caller) => caller.get("/accounts/analysts/current/"),
  },
  {
    id: "updateCurrentAnalyst",
    statuses: everyone(200),
    send: (caller) => caller.patch("/accounts/analysts/current/", { consent_given: true }),
  },
  {
    id: "getLoginUrl",
    statuses: everyone(200),
    send: (caller) => caller.post("/accounts/login_url/", { email: "ada@example.com" }),
  },
  {
    id: "getPortal",
    statuses: everyone(200),
    send: (caller) => caller.get("/accounts/portal/"),
  },
  {
    id: "listInvitations",
    statuses: allow(200, 404, readers),
    send: (caller, of) => caller.get(invitations(of)),
  },
  {
    id: "createInvitation",
    statuses: allow(201, 404, members),
    send: (caller, of) => caller.post(invitations(of), { invitee_identifier: `${unique("i")}@example.com` }),
  },
  {
    id: "createInvitation",
    about: "of an owner's role",
    statuses: allow(201, 404, owners),
    send: (caller, of) => caller.post(invitations(of), { invitee_identifier: uniqueEmail(), role: "AOWNER" }),
  },
  {
    id: "retrieveInvitation",
    statuses: allow(200, 404, readers),
    send: async (caller, of) => caller.get(await invitation(of)),
    errors: { 404: noInvitation },
  },
  {
    id: "resendInvitation",
    statuses: allow(200, 404, members),
    send: async (caller, of) => caller.post(await invitation(of)),
    errors: { 404: noInvitation },
  },
  {
    id: "resendInvitation",
    about: "of an owner's role",
    statuses: allow(200, 404, owners),
    send: async (caller, of) => caller.post(await invitation(of, "AOWNER")),
    errors: { 404: noInvitation },
  },
  {
    id: "revokeInvitation",
    statuses: allow(204, 404, members),
    send: async (caller, of) => caller.delete(await invitation(of)),
    errors: { 404: noInvitation },
  },
  {
    id: "revokeInvitation",
    about: "of an owner's role",
    statuses: allow(204, 404, owners),
    send: async (caller, of) => caller.delete(await invitation(of, "AOWNER")),
    errors: { 404: noInvitation },
  },
];
