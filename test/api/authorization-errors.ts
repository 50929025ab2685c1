/** What a refusal says, in the manner of its face. */
import type { CallerKind } from "../support/callers.ts";
import * as members from "../support/members.ts";
import { noAccount } from "../support/operator.ts";
import { noOrganization, notAllowed } from "../support/organizations.ts";

/** The body of a refusal by its status. */
export type ErrorBodies = Readonly<Record<number, unknown>>;

export const noMember = members.noUser.body;
export const noOwnerLeft = members.lastOwner.body;
export const noInvite = members.noInvite.body;
export const noLogo = { detail: "Logo not found" };
export const noToken = { detail: "Token not found" };
export const notYours = { detail: "This invite is for another address, or yours is not verified" };
export const inUse = { detail: "Only an empty service can be imported into" };
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

const byToken = { detail: "A personal access token cannot do this; sign in" };

/** What each face says unless an operation says otherwise. */
const manners: Readonly<Record<"organizations" | "accounts", { usual: ErrorBodies; blocked: unknown }>> = {
  organizations: {
    usual: { 403: notAllowed, 404: noOrganization },
    blocked: { detail: "This organization is blocked: manager." },
  },
  accounts: {
    usual: { 403: members.noRole.body, 404: noAccount },
    blocked: members.blocked.body,
  },
};

/** What one caller is told who is refused: by what the operation tells, and by what stands in the way. */
export function errorBody(
  face: keyof typeof manners,
  told: ErrorBodies,
  statuses: Readonly<Record<CallerKind, number>>,
  caller: { readonly kind: CallerKind; readonly status: number },
): unknown {
  const { kind, status } = caller;
  const { usual, blocked } = manners[face];
  if (kind === "blockedOwner" && status === 403 && statuses.owner !== 403) return blocked;
  if (status === 403 && statuses[kind] !== 403) return byToken;
  return told[status] ?? usual[status];
}
