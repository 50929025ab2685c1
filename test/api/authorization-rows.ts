/** What a caller of each kind is answered, as the contract tells. */
import { storeToken } from "../support/access-tokens.ts";
import type { CallerKind } from "../support/callers.ts";
import { createPrivateZone, row } from "../support/database.ts";
import { type ApiResponse, type Caller, createUser, type TestAccount, unique } from "../support/fixtures.ts";
import { invitationToken, noInvitation, storeInvite, uniqueEmail } from "../support/invitations.ts";
import { createImage, formWith, logoPath, storeLogo, upload } from "../support/logos.ts";
import { createColleague, noUser, userPath } from "../support/organization-users.ts";
import { limitExceededResponse } from "../support/usage.ts";
import {
  backwards,
  type ErrorBodies,
  inUse,
  noInvite,
  noLogo,
  noMember,
  noOwnerLeft,
  noToken,
  notYours,
  tooMuch,
} from "./authorization-errors.ts";

type Send = (caller: Caller, account: TestAccount) => Promise<ApiResponse>;

/** The status for each kind of caller, what they ask, and what a refusal says that is not as usual. */
export type AuthorizationRow = readonly [
  unauthenticated: 200 | 401 | 404,
  outsider: number,
  member: number,
  owner: number,
  otherOwner: number,
  reader: number,
  administrator: number,
  operator: number,
  blockedOwner: number,
  send: Send,
  told?: ErrorBodies,
];

/** What each kind of caller who is someone is answered. */
export function statusesOf(told: AuthorizationRow): Readonly<Record<CallerKind, number>> {
  const [, outsider, member, owner, otherOwner, reader, administrator, operator, blockedOwner] = told;
  return { outsider, member, owner, otherOwner, reader, administrator, operator, blockedOwner };
}

const v1 = "/api/v1";
const manage = "/api/manage";
const organization = ({ id }: TestAccount) => `/accounts/organizations/${id}/`;
const account = ({ slug }: TestAccount) => `${v1}/account/${slug}`;
const invitations = ({ id }: TestAccount) => `/accounts/invite/?organization=${id}`;
const invitation = async (of: TestAccount, role: "AOWNER" | "AMEMBER" = "AMEMBER") =>
  `/accounts/invite/${await storeInvite(of, role)}/`;
const colleague = async (of: TestAccount) => userPath((await createColleague([of])).uuid);
/** The same for all who are someone. */
const alike = (
  unauthenticated: 200 | 401 | 404,
  status: number,
  send: Send,
  told: ErrorBodies = {},
): AuthorizationRow => {
  return [unauthenticated, status, status, status, status, status, status, status, status, send, told];
};
const open = (path: string) => alike(200, 200, (caller) => caller.get(path));
const signedIn = (status: number, send: Send, told?: ErrorBodies) => alike(401, status, send, told);

/** Whoever is not the operator is told so, whatever else they may do. */
const operatorOnly = (status: number, send: Send, told: ErrorBodies = {}): AuthorizationRow => {
  return [401, 403, 403, 403, 403, 403, 403, status, 403, send, told];
};

const member = async (of: TestAccount) => `${account(of)}/user/${(await createColleague([of])).uuid}`;
const newcomer = async () => ({ id: (await createColleague([])).uuid, role: "AMEMBER" });
const zone = async () => `${manage}/@zone/${(await createPrivateZone()).id}`;
const managedUser = async (of: TestAccount) => `${manage}/@user/${(await createColleague([of])).uuid}`;

/** The path of an address's invitation. */
async function invited(of: TestAccount, role: "AOWNER" | "AMEMBER"): Promise<string> {
  const address = uniqueEmail();
  await storeInvite(of, role, address);
  return `${v1}/account/${of.id}/invite/${address}`;
}

/** The path of the caller as a member, where somebody else owns the account too. */
async function oneself(caller: Caller, of: TestAccount): Promise<string> {
  await createColleague([of], { role: "AOWNER" });
  const me = await row("SELECT uuid FROM users WHERE verified_email = ?", caller.email);
  return `${account(of)}/user/${me === undefined ? crypto.randomUUID() : String(me["uuid"])}`;
}

/** The path of the only owner as a member. */
async function onlyOwner(of: TestAccount): Promise<string> {
  const owner = await row(
    "SELECT users.uuid FROM users JOIN accounts ON accounts.created_by = users.id WHERE accounts.uuid = ?",
    of.id,
  );
  return `${account(of)}/user/${String(owner?.["uuid"])}`;
}

/** The path of a token of the caller, who signs in for it. */
async function ownToken(caller: Caller): Promise<string> {
  await caller.get(`${v1}/user`);
  return `${v1}/user/pa_token/${(await storeToken(caller)).id}`;
}

/** The path of an account's logo, which it has. */
async function logo(of: TestAccount): Promise<string> {
  await storeLogo(of);
  return logoPath(of);
}

/** What a personal access token cannot do, whoever it speaks for: 403. */
export const refusedToAccessTokens = ["createAccessToken"];

// oxfmt-ignore
export const authorizationRows: Readonly<Record<string, AuthorizationRow>> = {
  listOrganizations: signedIn(200, (caller) => caller.get("/accounts/organizations/")),
  createOrganization: signedIn(201, (caller) => caller.post("/accounts/organizations/", { name: "N", slug: unique("n") })),
  //                          unauth outsider member owner otherOwner reader admin operator blocked
  retrieveOrganization:      [401, 404, 200, 200, 404, 200, 200, 200, 200, (caller, of) => caller.get(organization(of))],
  updateOrganization:        [401, 404, 403, 200, 404, 403, 200, 200, 403, (caller, of) => caller.put(organization(of), { name: "N", slug: of.slug })],
  partialUpdateOrganization: [401, 404, 403, 200, 404, 403, 200, 200, 403, (caller, of) => caller.patch(organization(of), { name: "N" })],
  deleteOrganization:        [401, 404, 403, 204, 404, 403, 204, 204, 204, (caller, of) => caller.delete(organization(of))],
  incrementUsage:            [401, 404, 403, 200, 404, 403, 200, 200, 403, (caller, of) => caller.post(`${organization(of)}increment/`)],

  listUsers: signedIn(200, (caller) => caller.get("/accounts/users/")),
  createUser:                [401, 404, 403, 201, 404, 403, 201, 201, 403, (caller, of) => caller.post(`/accounts/users/?organization=${of.slug}`, {})],
  retrieveUser:              [401, 404, 404, 200, 404, 200, 200, 200, 200, async (caller, of) => caller.get(await colleague(of)), { 404: noUser }],
  updateUser:                [401, 404, 404, 200, 404, 403, 200, 200, 403, async (caller, of) => caller.put(await colleague(of), { first_name: "N" }), { 404: noUser }],
  partialUpdateUser:         [401, 404, 404, 200, 404, 403, 200, 200, 403, async (caller, of) => caller.patch(await colleague(of), { first_name: "N" }), { 404: noUser }],
  deleteUser:                [401, 404, 404, 204, 404, 403, 204, 204, 403, async (caller, of) => caller.delete(await colleague(of)), { 404: noUser }],
  listAnalysts:              [401, 404, 200, 200, 404, 200, 200, 200, 200, (caller, of) => caller.get(`/accounts/analysts/?organization=${of.slug}`)],
  listGroups: signedIn(200, (caller) => caller.get("/accounts/groups/")),
  getCurrentAnalyst: signedIn(200, (caller) => caller.get("/accounts/analysts/current/")),
  updateCurrentAnalyst: signedIn(200, (caller) => caller.patch("/accounts/analysts/current/", { consent_given: true })),
  getLoginUrl: signedIn(200, (caller) => caller.post("/accounts/login_url/", { email: "ada@example.com" })),
  getPortal: signedIn(200, (caller) => caller.get("/accounts/portal/")),

  listInvitations:           [401, 404, 200, 200, 404, 200, 200, 200, 200, (caller, of) => caller.get(invitations(of))],
  createInvitation:          [401, 404, 201, 201, 404, 403, 201, 201, 403, (caller, of) => caller.post(invitations(of), { invitee_identifier: `${unique("i")}@example.com` })],
  retrieveInvitation:        [401, 404, 200, 200, 404, 200, 200, 200, 200, async (caller, of) => caller.get(await invitation(of)), { 404: noInvitation }],
  resendInvitation:          [401, 404, 200, 200, 404, 403, 200, 200, 403, async (caller, of) => caller.post(await invitation(of)), { 404: noInvitation }],
  revokeInvitation:          [401, 404, 204, 204, 404, 403, 204, 204, 403, async (caller, of) => caller.delete(await invitation(of)), { 404: noInvitation }],

  listAccounts: signedIn(200, (caller) => caller.get(`${v1}/accounts`)),
  createAccount: signedIn(201, (caller) => caller.post(`${v1}/accounts`, { slug: unique("a") })),
  getAccount:                [401, 403, 200, 200, 403, 200, 200, 200, 200, (caller, of) => caller.get(account(of))],
  modifyAccount:             [401, 403, 403, 200, 403, 403, 200, 200, 403, (caller, of) => caller.patch(account(of), { title: "T" })],
  deleteAccount:             [401, 403, 403, 204, 403, 403, 204, 204, 204, (caller, of) => caller.delete(account(of))],
  listAccountZones:          [401, 403, 200, 200, 403, 200, 200, 200, 200, (caller, of) => caller.get(`${account(of)}/zones`)],
  getSlugStatus: signedIn(200, (caller, of) => caller.get(`${account(of)}/status`)),
  getUser: signedIn(200, (caller) => caller.get(`${v1}/user`)),
  getWelcome: signedIn(200, (caller) => caller.get(`${v1}/user/welcome`)),
  listZones: signedIn(200, (caller) => caller.get(`${v1}/zones`)),

  //                          unauth outsider member owner otherOwner reader admin operator blocked
  getAccountPermissions:     [401, 403, 200, 200, 403, 200, 200, 200, 200, (caller, of) => caller.get(`${account(of)}/permissions?account_id=${of.id}`)],
  getMember:                 [401, 403, 200, 200, 403, 403, 200, 200, 200, async (caller, of) => caller.get(await member(of))],
  listMembers:               [401, 403, 403, 200, 403, 200, 200, 200, 200, (caller, of) => caller.get(`${account(of)}/users`)],
  updateMembers:             [401, 403, 403, 204, 403, 403, 204, 204, 403, async (caller, of) => caller.patch(`${account(of)}/users`, { add: [await newcomer()] })],
  removeMember:              [401, 403, 403, 204, 403, 403, 204, 204, 403, async (caller, of) => caller.delete(await member(of))],
  searchMembers:             [401, 403, 200, 200, 403, 403, 200, 200, 200, (caller, of) => caller.get(`${account(of)}/users/search?query=a`)],
  getUsage:                  [401, 403, 200, 200, 403, 200, 200, 200, 200, (caller, of) => caller.get(`${v1}/account/${of.id}/usage?from=2026-01-31`)],
  recordUsage:               [401, 403, 403, 200, 403, 403, 200, 200, 403, (caller, of) => caller.post(`${v1}/account/${of.id}/usage`, { events: [{ id: "one", metric: "ai_tokens_used", value: 1 }] })],
  listAccountInvites:        [401, 403, 200, 200, 403, 200, 200, 200, 200, (caller, of) => caller.get(`${v1}/account/${of.id}/invites`)],
  inviteToAccount:           [401, 403, 200, 200, 403, 403, 200, 200, 403, (caller, of) => caller.post(`${account(of)}/invite`, { email: uniqueEmail() })],
  deleteAccountInvite:       [401, 403, 204, 204, 403, 403, 204, 204, 403, async (caller, of) => caller.delete(await invited(of, "AMEMBER"))],
  previewInvite: alike(200, 200, async (caller, of) => caller.post(`${v1}/invites/preview`, { token: await invitationToken(await storeInvite(of)) })),
  acceptInvite:              [401, 200, 200, 200, 200, 200, 200, 200, 403, async (caller, of) => caller.post(`${v1}/invites/accept`, { token: await invitationToken(await storeInvite(of)) })],
  listOwnInvites: signedIn(200, (caller) => caller.get(`${v1}/user/invites`)),
  acceptOwnInvite:           [401, 200, 200, 200, 200, 200, 200, 200, 403, async (caller, of) => caller.post(`${v1}/user/invites/${await storeInvite(of, "AMEMBER", caller.email || uniqueEmail())}/accept`)],
  listAccountAudit:          [401, 403, 403, 200, 403, 200, 200, 200, 200, (caller, of) => caller.get(`${account(of)}/audit`)],
  exportAccount:             [401, 403, 403, 200, 403, 403, 200, 200, 200, (caller, of) => caller.get(`${account(of)}/export`)],
  downloadLogo:              [401, 403, 200, 200, 403, 200, 200, 200, 200, async (caller, of) => caller.get(await logo(of))],
  uploadLogo:                [401, 403, 403, 204, 403, 403, 204, 204, 403, (caller, of) => upload(caller, of, createImage())],
  deleteLogo:                [401, 403, 403, 204, 403, 403, 204, 204, 403, async (caller, of) => caller.delete(await logo(of))],
  modifyUser: signedIn(200, (caller) => caller.patch(`${v1}/user`, { language: "EN" })),
  deleteAuthenticatedUser:   [401, 204, 204, 409, 409, 204, 204, 204, 409, (caller) => caller.delete(`${v1}/user`), { 409: noOwnerLeft }],
  listAccessTokens: signedIn(200, (caller) => caller.get(`${v1}/user/pa_tokens`)),
  createAccessToken: signedIn(201, (caller) => caller.post(`${v1}/user/pa_tokens`, { description: "A job" })),
  deleteAccessToken: signedIn(204, async (caller) => caller.delete(await ownToken(caller))),

  listManagedAccounts: operatorOnly(200, (caller) => caller.get(`${manage}/@accounts`)),
  getManagedAccount: operatorOnly(200, (caller, of) => caller.get(`${manage}/@account/${of.slug}`)),
  updateManagedAccount: operatorOnly(200, (caller, of) => caller.patch(`${manage}/@account/${of.id}`, { max_users: 3 })),
  blockAccount: operatorOnly(200, (caller, of) => caller.patch(`${manage}/@account/${of.id}/blocking_status`, { blocking_state: "budget" })),
  listManagedZones: operatorOnly(200, (caller) => caller.get(`${manage}/@zones`)),
  createZone: operatorOnly(201, (caller) => caller.post(`${manage}/@zones`, { slug: unique("zone"), title: "Zone", cloud_provider: "AWS" })),
  getZone: operatorOnly(200, async (caller) => caller.get(await zone())),
  updateZone: operatorOnly(200, async (caller) => caller.patch(await zone(), { title: "Another" })),
  deleteZone: operatorOnly(204, async (caller) => caller.delete(await zone())),
  listManagedUsers: operatorOnly(200, (caller) => caller.get(`${manage}/@users`)),
  getManagedUser: operatorOnly(200, async (caller, of) => caller.get(await managedUser(of))),
  updateManagedUser: operatorOnly(200, async (caller, of) => caller.patch(await managedUser(of), { type: "SALES" })),
  listAudit: operatorOnly(200, (caller) => caller.get(`${manage}/@audit`)),
  exportRows: operatorOnly(200, (caller) => caller.get(`${manage}/@export`)),
  exportUsage: operatorOnly(200, (caller, of) => caller.get(`${manage}/@export/usage/${of.id}`)),
  // Nothing is imported into a service in use.
  importRows: operatorOnly(409, (caller) => caller.post(`${manage}/@import`, { export: crypto.randomUUID(), position: 0, rows: [] }), { 409: inUse }),
  importUsage: operatorOnly(409, (caller, of) => caller.post(`${manage}/@import/usage/${of.id}`, { rows: [] }), { 409: inUse }),
  importLogo: operatorOnly(409, (caller, of) => caller.put(`${manage}/@import/logo/${of.id}`, undefined, { raw: formWith(createImage()) }), { 409: inUse }),

  getRoot: open("/"),
  getHealth: open("/healthz"),
  getReadiness: open("/readyz"),
  getDocument: open("/openapi.json"),
  getDocsPage: open("/docs"),
  getInvitePage: open("/invite"),
};

/** Operations once more, where it matters what or whom they are about. */
// oxfmt-ignore
export const furtherRows: readonly (readonly [id: string, about: string, row: AuthorizationRow])[] = [
  //                                                         unauth outsider member owner otherOwner reader admin operator blocked
  ["incrementUsage", "past 2^53-1",                             [401, 404, 403, 400, 404, 403, 400, 400, 403, (caller, of) => caller.post(`${organization(of)}increment/`, { usage: 2 ** 53 }), { 400: tooMuch }]],
  ["incrementUsage", "past the limit",                          [401, 404, 403, 429, 404, 403, 429, 429, 403, (caller, of) => caller.post(`${organization(of)}increment/`, { usage: 10_001 }), { 429: limitExceededResponse(0).body }]],
  ["getUsage", "of a range that ends before it begins",         [401, 403, 422, 422, 403, 422, 422, 422, 422, (caller, of) => caller.get(`${v1}/account/${of.id}/usage?from=2026-02-01&to=2026-01-31`), { 422: backwards }]],
  ["removeMember", "of oneself",                                [401, 403, 204, 204, 403, 404, 404, 404, 204, async (caller, of) => caller.delete(await oneself(caller, of)), { 404: noMember }]],
  ["removeMember", "of the only owner",                         [401, 403, 403, 409, 403, 403, 409, 409, 409, async (caller, of) => caller.delete(await onlyOwner(of)), { 409: noOwnerLeft }]],
  ["getMember", "who is none",                                  [401, 403, 404, 404, 403, 403, 404, 404, 404, (caller, of) => caller.get(`${account(of)}/user/${crypto.randomUUID()}`), { 404: noMember }]],
  ["getAccountPermissions", "with another account's id",        [401, 403, 404, 404, 403, 404, 404, 404, 404, (caller, of) => caller.get(`${account(of)}/permissions?account_id=${crypto.randomUUID()}`)]],
  ["downloadLogo", "that is not there",                         [401, 403, 404, 404, 403, 404, 404, 404, 404, (caller, of) => caller.get(logoPath(of)), { 404: noLogo }]],
  ["downloadLogo", "with another account's id",                 [401, 403, 404, 404, 403, 404, 404, 404, 404, (caller, of) => caller.get(logoPath(of, crypto.randomUUID()))]],
  ["uploadLogo", "with another account's id",                   [401, 403, 403, 404, 403, 403, 404, 404, 403, (caller, of) => caller.patch(logoPath(of, "nonsense"), undefined, { raw: formWith(createImage()) })]],
  ["deleteLogo", "that is not there",                           [401, 403, 403, 404, 403, 403, 404, 404, 403, (caller, of) => caller.delete(logoPath(of)), { 404: noLogo }]],
  ["createInvitation", "of an owner",                           [401, 404, 403, 201, 404, 403, 201, 201, 403, (caller, of) => caller.post(invitations(of), { invitee_identifier: uniqueEmail(), role: "AOWNER" })]],
  ["resendInvitation", "of an owner",                           [401, 404, 403, 200, 404, 403, 200, 200, 403, async (caller, of) => caller.post(await invitation(of, "AOWNER")), { 404: noInvitation }]],
  ["revokeInvitation", "of an owner",                           [401, 404, 403, 204, 404, 403, 204, 204, 403, async (caller, of) => caller.delete(await invitation(of, "AOWNER")), { 404: noInvitation }]],
  ["inviteToAccount", "as an owner",                            [401, 403, 403, 200, 403, 403, 200, 200, 403, (caller, of) => caller.post(`${account(of)}/invite`, { email: uniqueEmail(), role: "AOWNER" })]],
  ["deleteAccountInvite", "of an owner",                        [401, 403, 403, 204, 403, 403, 204, 204, 403, async (caller, of) => caller.delete(await invited(of, "AOWNER"))]],
  ["deleteAccountInvite", "that is not there",                  [401, 403, 404, 404, 403, 403, 404, 404, 403, (caller, of) => caller.delete(`${v1}/account/${of.id}/invite/${uniqueEmail()}`), { 404: noInvite }]],
  ["acceptOwnInvite", "of another's address", signedIn(403, async (caller, of) => caller.post(`${v1}/user/invites/${await storeInvite(of)}/accept`), { 403: notYours })],
  ["acceptOwnInvite", "that is not there", signedIn(404, (caller) => caller.post(`${v1}/user/invites/${crypto.randomUUID()}/accept`), { 404: noInvite })],
  ["acceptInvite", "with a wrong secret", signedIn(404, async (caller) => caller.post(`${v1}/invites/accept`, { token: await invitationToken(crypto.randomUUID()) }), { 404: noInvite })],
  ["previewInvite", "with a wrong secret", alike(404, 404, async (caller) => caller.post(`${v1}/invites/preview`, { token: await invitationToken(crypto.randomUUID()) }), { 404: noInvite })],
  ["deleteAccessToken", "of another", signedIn(404, async (caller) => caller.delete(await ownToken(await createUser())), { 404: noToken })],
];
