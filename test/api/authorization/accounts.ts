/** Rows of the accounts API. */
import { storeToken } from "../../support/access-tokens.ts";
import { queryRow } from "../../support/database.ts";
import { type Caller, createUser, type TestAccount, unique } from "../../support/fixtures.ts";
import { invitationToken, storeInvite, uniqueEmail } from "../../support/invitations.ts";
import { createImage, formWith, logoPath, storeLogo, upload } from "../../support/logos.ts";
import { createColleague } from "../../support/organization-users.ts";
import {
  backwards,
  cannotInviteOwner,
  cannotRemoveMember,
  noInvite,
  noLogo,
  noMember,
  noOwnerLeft,
  noToken,
  notYours,
} from "./errors.ts";
import {
  allow,
  type AuthorizationRow,
  everyone,
  members,
  membersEvenIfBlocked,
  open,
  owners,
  ownersAndSupport,
  ownersEvenIfBlocked,
  readers,
} from "./row.ts";

const v1 = "/api/v1";
const account = ({ slug }: TestAccount) => `${v1}/account/${slug}`;
const member = async (of: TestAccount) => `${account(of)}/user/${(await createColleague([of])).uuid}`;
const newcomer = async () => ({ id: (await createColleague([])).uuid, role: "AMEMBER" });
/** Invites an address and returns the invitation's path. */
async function invited(of: TestAccount, role: "AOWNER" | "AMEMBER"): Promise<string> {
  const address = uniqueEmail();
  await storeInvite(of, role, address);
  return `${v1}/account/${of.id}/invite/${address}`;
}
/** Adds another owner to the account and returns the caller's path as a member. */
async function oneself(caller: Caller, of: TestAccount): Promise<string> {
  await createColleague([of], { role: "AOWNER" });
  const me = await queryRow("SELECT uuid FROM users WHERE verified_email = ?", caller.email);
  return `${account(of)}/user/${me === undefined ? crypto.randomUUID() : String(me["uuid"])}`;
}
/** Returns the path of the only owner as a member. */
async function onlyOwner(of: TestAccount): Promise<string> {
  const owner = await queryRow(
    "SELECT users.uuid FROM users JOIN accounts ON accounts.created_by = users.id WHERE accounts.uuid = ?",
    of.id,
  );
  return `${account(of)}/user/${String(owner?.["uuid"])}`;
}
/** Creates a token of the caller and returns its path. Signs the caller in. */
async function ownToken(caller: Caller): Promise<string> {
  await caller.get(`${v1}/user`);
  return `${v1}/user/pa_token/${(await storeToken(caller)).id}`;
}
/** Stores a logo and returns its path. */
async function logo(of: TestAccount): Promise<string> {
  await storeLogo(of);
  return logoPath(of);
}

export const accountsRows: readonly AuthorizationRow[] = [
  {
    id: "listAccounts",
    statuses: everyone(200),
    send: (caller) => caller.get(`${v1}/accounts`),
  },
  {
    id: "createAccount",
    statuses: everyone(201),
    send: (caller) => caller.post(`${v1}/accounts`, { slug: unique("a") }),
  },
  {
    id: "getAccount",
    statuses: allow(200, 403, readers),
    send: (caller, of) => caller.get(account(of)),
  },
  {
    id: "modifyAccount",
    statuses: allow(200, 403, owners),
    send: (caller, of) => caller.patch(account(of), { title: "T" }),
  },
  {
    id: "deleteAccount",
    statuses: allow(204, 403, ownersEvenIfBlocked),
    send: (caller, of) => caller.delete(account(of)),
  },
  {
    id: "listAccountZones",
    statuses: allow(200, 403, readers),
    send: (caller, of) => caller.get(`${account(of)}/zones`),
  },
  {
    id: "getSlugStatus",
    statuses: everyone(200),
    send: (caller, of) => caller.get(`${account(of)}/status`),
  },
  {
    id: "getUser",
    statuses: everyone(200),
    send: (caller) => caller.get(`${v1}/user`),
  },
  {
    id: "getWelcome",
    statuses: everyone(200),
    send: (caller) => caller.get(`${v1}/user/welcome`),
  },
  {
    id: "listZones",
    statuses: everyone(200),
    send: (caller) => caller.get(`${v1}/zones`),
  },
  {
    id: "getAccountPermissions",
    statuses: allow(200, 403, readers),
    send: (caller, of) => caller.get(`${account(of)}/permissions?account_id=${of.id}`),
  },
  {
    id: "getAccountPermissions",
    about: "with another account's id",
    statuses: allow(404, 403, readers),
    send: (caller, of) => caller.get(`${account(of)}/permissions?account_id=${crypto.randomUUID()}`),
  },
  {
    id: "getMember",
    statuses: allow(200, 403, membersEvenIfBlocked),
    send: async (caller, of) => caller.get(await member(of)),
  },
  {
    id: "getMember",
    about: "of an unknown user",
    statuses: allow(404, 403, membersEvenIfBlocked),
    send: (caller, of) => caller.get(`${account(of)}/user/${crypto.randomUUID()}`),
    errors: { 404: noMember },
  },
  {
    id: "listMembers",
    statuses: allow(200, 403, ownersAndSupport),
    send: (caller, of) => caller.get(`${account(of)}/users`),
  },
  {
    id: "updateMembers",
    statuses: allow(204, 403, owners),
    send: async (caller, of) => caller.patch(`${account(of)}/users`, { add: [await newcomer()] }),
  },
  {
    id: "removeMember",
    statuses: allow(204, 403, owners),
    send: async (caller, of) => caller.delete(await member(of)),
    errors: { 403: cannotRemoveMember },
  },
  {
    id: "removeMember",
    about: "of the caller",
    statuses: { ...allow(404, 403, readers), member: 204, owner: 204, blockedOwner: 204 },
    send: async (caller, of) => caller.delete(await oneself(caller, of)),
    errors: { 404: noMember },
  },
  {
    id: "removeMember",
    about: "of the only owner",
    statuses: allow(409, 403, ownersEvenIfBlocked),
    send: async (caller, of) => caller.delete(await onlyOwner(of)),
    errors: { 403: cannotRemoveMember, 409: noOwnerLeft },
  },
  {
    id: "searchMembers",
    statuses: allow(200, 403, membersEvenIfBlocked),
    send: (caller, of) => caller.get(`${account(of)}/users/search?query=a`),
  },
  {
    id: "getUsage",
    statuses: allow(200, 403, readers),
    send: (caller, of) => caller.get(`${v1}/account/${of.id}/usage?from=2026-01-31`),
  },
  {
    id: "getUsage",
    about: "of a range that ends before it starts",
    statuses: allow(422, 403, readers),
    send: (caller, of) => caller.get(`${v1}/account/${of.id}/usage?from=2026-02-01&to=2026-01-31`),
    errors: { 422: backwards },
  },
  {
    id: "recordUsage",
    statuses: allow(200, 403, owners),
    send: (caller, of) =>
      caller.post(`${v1}/account/${of.id}/usage`, {
        events: [{ id: "one", metric: "ai_tokens_used", value: 1 }],
      }),
  },
  {
    id: "listAccountInvites",
    statuses: allow(200, 403, readers),
    send: (caller, of) => caller.get(`${v1}/account/${of.id}/invites`),
  },
  {
    id: "inviteToAccount",
    statuses: allow(200, 403, members),
    send: (caller, of) => caller.post(`${account(of)}/invite`, { email: uniqueEmail() }),
  },
  {
    id: "inviteToAccount",
    about: "as an owner",
    statuses: allow(200, 403, owners),
    send: (caller, of) => caller.post(`${account(of)}/invite`, { email: uniqueEmail(), role: "AOWNER" }),
    errors: { 403: cannotInviteOwner },
  },
  {
    id: "deleteAccountInvite",
    statuses: allow(204, 403, members),
    send: async (caller, of) => caller.delete(await invited(of, "AMEMBER")),
  },
  {
    id: "deleteAccountInvite",
    about: "of an owner's role",
    statuses: allow(204, 403, owners),
    send: async (caller, of) => caller.delete(await invited(of, "AOWNER")),
    errors: { 403: cannotInviteOwner },
  },
  {
    id: "deleteAccountInvite",
    about: "for an address without an invitation",
    statuses: allow(404, 403, members),
    send: (caller, of) => caller.delete(`${v1}/account/${of.id}/invite/${uniqueEmail()}`),
    errors: { 404: noInvite },
  },
  {
    id: "previewInvite",
    statuses: open(200),
    send: async (caller, of) =>
      caller.post(`${v1}/invites/preview`, { token: await invitationToken(await storeInvite(of)) }),
  },
  {
    id: "previewInvite",
    about: "with an unknown token",
    statuses: open(404),
    send: async (caller) =>
      caller.post(`${v1}/invites/preview`, { token: await invitationToken(crypto.randomUUID()) }),
    errors: { 404: noInvite },
  },
  {
    id: "acceptInvite",
    statuses: { ...everyone(200), blockedOwner: 403 },
    send: async (caller, of) =>
      caller.post(`${v1}/invites/accept`, { token: await invitationToken(await storeInvite(of)) }),
  },
  {
    id: "acceptInvite",
    about: "with an unknown token",
    statuses: everyone(404),
    send: async (caller) =>
      caller.post(`${v1}/invites/accept`, { token: await invitationToken(crypto.randomUUID()) }),
    errors: { 404: noInvite },
  },
  {
    id: "listReceivedInvitations",
    statuses: everyone(200),
    send: (caller) => caller.get(`${v1}/user/invites`),
  },
  {
    id: "acceptReceivedInvitation",
    statuses: { ...everyone(200), blockedOwner: 403 },
    send: async (caller, of) =>
      caller.post(
        `${v1}/user/invites/${await storeInvite(of, "AMEMBER", caller.email || uniqueEmail())}/accept`,
      ),
  },
  {
    id: "acceptReceivedInvitation",
    about: "for another address",
    statuses: everyone(403),
    send: async (caller, of) => caller.post(`${v1}/user/invites/${await storeInvite(of)}/accept`),
    errors: { 403: notYours },
  },
  {
    id: "acceptReceivedInvitation",
    about: "with an unknown id",
    statuses: everyone(404),
    send: (caller) => caller.post(`${v1}/user/invites/${crypto.randomUUID()}/accept`),
    errors: { 404: noInvite },
  },
  {
    id: "listAccountAudit",
    statuses: allow(200, 403, ownersAndSupport),
    send: (caller, of) => caller.get(`${account(of)}/audit`),
  },
  {
    id: "exportAccount",
    statuses: allow(200, 403, ownersEvenIfBlocked),
    send: (caller, of) => caller.get(`${account(of)}/export`),
  },
  {
    id: "downloadLogo",
    statuses: allow(200, 403, readers),
    send: async (caller, of) => caller.get(await logo(of)),
  },
  {
    id: "downloadLogo",
    about: "of an account without a logo",
    statuses: allow(404, 403, readers),
    send: (caller, of) => caller.get(logoPath(of)),
    errors: { 404: noLogo },
  },
  {
    id: "downloadLogo",
    about: "with another account's id",
    statuses: allow(404, 403, readers),
    send: (caller, of) => caller.get(logoPath(of, crypto.randomUUID())),
  },
  {
    id: "uploadLogo",
    statuses: allow(204, 403, owners),
    send: (caller, of) => upload(caller, of, createImage()),
  },
  {
    id: "uploadLogo",
    about: "with another account's id",
    statuses: allow(404, 403, owners),
    send: (caller, of) => caller.patch(logoPath(of, "nonsense"), undefined, { raw: formWith(createImage()) }),
  },
  {
    id: "deleteLogo",
    statuses: allow(204, 403, owners),
    send: async (caller, of) => caller.delete(await logo(of)),
  },
  {
    id: "deleteLogo",
    about: "of an account without a logo",
    statuses: allow(404, 403, owners),
    send: (caller, of) => caller.delete(logoPath(of)),
    errors: { 404: noLogo },
  },
  {
    id: "modifyUser",
    statuses: everyone(200),
    send: (caller) => caller.patch(`${v1}/user`, { language: "EN" }),
  },
  {
    id: "deleteAuthenticatedUser",
    statuses: { ...everyone(204), owner: 409, otherOwner: 409, blockedOwner: 409 },
    send: (caller) => caller.delete(`${v1}/user`),
    errors: { 409: noOwnerLeft },
  },
  {
    id: "listAccessTokens",
    statuses: everyone(200),
    send: (caller) => caller.get(`${v1}/user/pa_tokens`),
  },
  {
    id: "createAccessToken",
    refusesAccessTokens: true,
    statuses: everyone(201),
    send: (caller) => caller.post(`${v1}/user/pa_tokens`, { description: "A job" }),
  },
  {
    id: "deleteAccessToken",
    statuses: everyone(204),
    send: async (caller) => caller.delete(await ownToken(caller)),
  },
  {
    id: "deleteAccessToken",
    about: "of another user",
    statuses: everyone(404),
    send: async (caller) => caller.delete(await ownToken(await createUser())),
    errors: { 404: noToken },
  },
];
