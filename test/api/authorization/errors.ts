/** Error bodies in the format of each API. */
import { operations } from "../../../src/domain/permissions.ts";
import type { AuthorizationRow, ErrorBodies } from "./row.ts";
import type { CallerKind } from "../../support/callers.ts";
import * as members from "../../support/members.ts";
import { noAccount } from "../../support/operator.ts";
import { noOrganization, notAllowed } from "../../support/organizations.ts";

export const cannotRemoveMember = members.missingPermission("members:write").body;

/** An AMEMBER has the permission to invite, but not to the role AOWNER. */
export const cannotInviteOwner = (kind: CallerKind) =>
  kind === "member" ? members.missingRole.body : members.missingPermission("invites:write").body;

export const noMember = members.noUser.body;
export const noOwnerLeft = members.lastOwner.body;
export const noInvite = members.noInvite.body;
export const noLogo = { detail: "Logo not found" };
export const noToken = { detail: "Token not found" };
export const notYours = { detail: "This invite is for another address, or your address is not verified." };
export const inUse = { detail: "The service is not empty. Import into a new service." };
export const tooMuch = { usage: ["Ensure this value is less than or equal to 9007199254740991."] };
export const backwards = {
  detail: [
    {
      type: "value_error",
      loc: ["query", "from"],
      msg: "Value error, The range ends before it begins.",
      input: null,
      ctx: { error: {} },
    },
  ],
};

const byToken = { detail: "A personal access token cannot do this. Sign in instead." };

/** The usual error bodies of each API. */
const apis: Readonly<Record<"organizations" | "accounts", { usual: ErrorBodies; blocked: unknown }>> = {
  organizations: {
    usual: { 403: notAllowed, 404: noOrganization },
    blocked: { detail: "This organization is blocked: manager." },
  },
  accounts: {
    usual: { 404: noAccount },
    blocked: members.blocked.body,
  },
};

/**
 * Returns the body of an error response to a kind of caller. On the accounts API, a 403 names the missing
 * permission, except to outsiders.
 */
export function errorBody(
  api: "organizations" | "accounts",
  { id, errors, statuses }: Pick<AuthorizationRow, "id" | "errors" | "statuses">,
  { kind, status }: { readonly kind: CallerKind; readonly status: number },
): unknown {
  const { usual, blocked } = apis[api];
  if (kind === "blockedOwner" && status === 403 && statuses.owner !== 403) return blocked;
  if (status === 403 && statuses[kind] !== 403) return byToken;
  const requirement = operations[id];
  const isOutside = requirement.includes(":") && (kind === "outsider" || kind === "otherOwner");
  if (api === "accounts" && status === 403 && isOutside) return members.noAccess.body;
  const expected = errors?.[status] ?? usual[status] ?? members.missingPermission(requirement).body;
  return typeof expected === "function" ? expected(kind) : expected;
}
