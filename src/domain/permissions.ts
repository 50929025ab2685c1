/**
 * Who may do what: the one table. A permission comes from a role on an account, from a group on
 * every account, or from being an operator; nothing about it is ever read from a token.
 */
import type { AccountRole } from "./account.ts";

export const permissions = [
  "account:read",
  "account:write",
  "account:delete",
  "members:read",
  "members:search",
  "members:write",
  "invites:read",
  "invites:write",
  "usage:read",
  "usage:write",
  "logo:read",
  "logo:write",
  "saml:read",
  "audit:read",
  "account:export",
  "users:read",
  "users:write",
  "groups:assign",
  "analysts:read",
  "login:read",
  "manage",
] as const;
export type Permission = (typeof permissions)[number];

/** Permissions that stand for the whole platform and that no role on an account grants. */
const platformWide: readonly Permission[] = [
  "users:read",
  "users:write",
  "groups:assign",
  "analysts:read",
  "login:read",
  "manage",
];

/** What a role grants on its account. */
export const rolePermissions: Readonly<Record<AccountRole, readonly Permission[]>> = {
  AOWNER: permissions.filter((name) => !platformWide.includes(name)),
  AMEMBER: ["account:read", "members:search", "invites:read", "invites:write", "usage:read", "logo:read"],
};

/** The groups of the first migration: what each grants, on every account. */
export const builtInGroups = [
  { id: 1, name: "Administrators", permissions: permissions.filter((name) => name !== "manage") },
  { id: 2, name: "Metering", permissions: ["account:read", "usage:write", "usage:read"] },
  { id: 3, name: "Support", permissions: permissions.filter((name) => name.endsWith(":read")) },
] as const satisfies readonly { id: number; name: string; permissions: readonly Permission[] }[];

/** What an operation asks of its caller: a permission, only to be signed in, or nothing. */
export type Requirement = Permission | "signed-in" | "open";

/**
 * Every operation by its `operationId` and what it needs. An operation of the OpenAPI document
 * that is not here fails the build.
 */
export const operations = {
  // organizations face
  listOrganizations: "signed-in",
  createOrganization: "signed-in",
  retrieveOrganization: "account:read",
  updateOrganization: "account:write",
  partialUpdateOrganization: "account:write",
  deleteOrganization: "account:delete",
  incrementUsage: "usage:write",
  listUsers: "signed-in",
  createUser: "members:write",
  retrieveUser: "signed-in",
  updateUser: "signed-in",
  partialUpdateUser: "signed-in",
  deleteUser: "signed-in",
  listAnalysts: "members:search",
  listGroups: "signed-in",
  getCurrentAnalyst: "signed-in",
  updateCurrentAnalyst: "signed-in",
  getLoginUrl: "signed-in",
  getPortal: "signed-in",
  listInvitations: "invites:read",
  createInvitation: "invites:write",
  retrieveInvitation: "invites:read",
  resendInvitation: "invites:write",
  revokeInvitation: "invites:write",
  // accounts face
  getAccountPermissions: "account:read",
  getMember: "members:search",
  listMembers: "members:read",
  updateMembers: "members:write",
  removeMember: "account:read",
  searchMembers: "members:search",
  downloadLogo: "logo:read",
  uploadLogo: "logo:write",
  deleteLogo: "logo:write",
  getUsage: "usage:read",
  recordUsage: "usage:write",
  listAccountInvites: "invites:read",
  inviteToAccount: "invites:write",
  deleteAccountInvite: "invites:write",
  previewInvite: "open",
  acceptInvite: "signed-in",
  listOwnInvites: "signed-in",
  acceptOwnInvite: "signed-in",
  listAccountAudit: "audit:read",
  exportAccount: "account:export",
  modifyUser: "signed-in",
  deleteAuthenticatedUser: "signed-in",
  listAccessTokens: "signed-in",
  createAccessToken: "signed-in",
  deleteAccessToken: "signed-in",
  listAccounts: "signed-in",
  createAccount: "signed-in",
  getAccount: "account:read",
  modifyAccount: "account:write",
  deleteAccount: "account:delete",
  getSlugStatus: "signed-in",
  getUser: "signed-in",
  getWelcome: "signed-in",
  listZones: "signed-in",
  listAccountZones: "account:read",
  // operator face
  listManagedAccounts: "manage",
  getManagedAccount: "manage",
  updateManagedAccount: "manage",
  blockAccount: "manage",
  listManagedZones: "manage",
  createZone: "manage",
  getZone: "manage",
  updateZone: "manage",
  deleteZone: "manage",
  listManagedUsers: "manage",
  getManagedUser: "manage",
  updateManagedUser: "manage",
  listAudit: "manage",
  exportRows: "manage",
  exportUsage: "manage",
  importRows: "manage",
  importUsage: "manage",
  importLogo: "manage",
  // the service itself
  getRoot: "open",
  getHealth: "open",
  getReadiness: "open",
  getDocument: "open",
  getDocsPage: "open",
  getInvitePage: "open",
} as const satisfies Record<string, Requirement>;
export type OperationId = keyof typeof operations;

/** Permissions on an account that concern a knowledge box in it: what is done there is usage. */
const onKnowledgeBoxes: readonly Permission[] = ["usage:read", "usage:write"];

/** What a role and the permissions granted on every account come to on one account, or on a knowledge box in it. */
export function permissionsOn(
  role: AccountRole | undefined,
  everywhere: ReadonlySet<Permission>,
  knowledgeBox: boolean,
): Permission[] {
  return permissions.filter(
    (permission) =>
      !platformWide.includes(permission) &&
      (roleGrants(role, permission) || everywhere.has(permission)) &&
      (!knowledgeBox || onKnowledgeBoxes.includes(permission)),
  );
}

/** Whether a role grants a permission on its account. */
export function roleGrants(role: AccountRole | undefined, permission: Permission): boolean {
  return role !== undefined && rolePermissions[role].includes(permission);
}

/** The roles that grant a permission. */
export function rolesGranting(permission: Permission): AccountRole[] {
  return (Object.keys(rolePermissions) as AccountRole[]).filter((role) => roleGrants(role, permission));
}

/** Whether a permission changes something, which a blocked account refuses – but for being deleted. */
export function isRefusedWhenBlocked(permission: Permission): boolean {
  return permission.endsWith(":write");
}
