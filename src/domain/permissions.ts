/**
 * The permissions, and the operations that require them. A permission comes from a role on an account,
 * from a group (for every account), or from being an operator; never from a token.
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

/** Permissions of the whole platform, which no role on an account grants. */
const platformWide: readonly Permission[] = [
  "users:read",
  "users:write",
  "groups:assign",
  "analysts:read",
  "login:read",
  "manage",
];

/** The permissions that a role grants on its account. */
export const rolePermissions: Readonly<Record<AccountRole, readonly Permission[]>> = {
  AOWNER: permissions.filter((name) => !platformWide.includes(name)),
  AMEMBER: ["account:read", "members:search", "invites:read", "invites:write", "usage:read", "logo:read"],
};

/** The groups of the first migration, and their permissions on every account. */
export const builtInGroups = [
  { id: 1, name: "Administrators", permissions: permissions.filter((name) => name !== "manage") },
  { id: 2, name: "Metering", permissions: ["account:read", "usage:write", "usage:read"] },
  { id: 3, name: "Support", permissions: permissions.filter((name) => name.endsWith(":read")) },
] as const satisfies readonly { id: number; name: string; permissions: readonly Permission[] }[];

/** What an operation requires of its caller: a permission, valid credentials only, or nothing. */
export type Requirement = Permission | "signed-in" | "open";

/** The requirement of every operation, by `operationId`. An operation that is missing here does not compile. */
export const operations = {
  // organizations API
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
  // accounts API
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
  listReceivedInvitations: "signed-in",
  acceptReceivedInvitation: "signed-in",
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
  // operator API
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
  // system
  getRoot: "open",
  getHealth: "open",
  getReadiness: "open",
  getDocument: "open",
  getDocsPage: "open",
  getInvitePage: "open",
} as const satisfies Record<string, Requirement>;
export type OperationId = keyof typeof operations;

/** The permissions that apply to a single knowledge box. */
const knowledgeBoxPermissions: readonly Permission[] = ["usage:read", "usage:write"];

/** Returns the permissions of a role and of groups on one account, or on a knowledge box in it. */
export function permissionsOn(
  role: AccountRole | undefined,
  globalPermissions: ReadonlySet<Permission>,
  knowledgeBox: boolean,
): Permission[] {
  return permissions.filter(
    (permission) =>
      !platformWide.includes(permission) &&
      (roleGrants(role, permission) || globalPermissions.has(permission)) &&
      (!knowledgeBox || knowledgeBoxPermissions.includes(permission)),
  );
}

/** Whether a role grants a permission on its account. */
export function roleGrants(role: AccountRole | undefined, permission: Permission): boolean {
  return role !== undefined && rolePermissions[role].includes(permission);
}

/** Returns the roles that grant a permission. */
export function rolesGranting(permission: Permission): AccountRole[] {
  return (Object.keys(rolePermissions) as AccountRole[]).filter((role) => roleGrants(role, permission));
}

/** Whether a blocked account rejects an operation with this permission: every change except its deletion. */
export function isRefusedWhenBlocked(permission: Permission): boolean {
  return permission.endsWith(":write");
}
