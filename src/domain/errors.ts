import type { AccountRole } from "./account.ts";
import type { Permission } from "./permissions.ts";

/** What a code means, and what a client should do about it. */
export interface ErrorDescription {
  readonly meaning: string;
  readonly action: string;
}

/**
 * Every reason to refuse a request. HTTP statuses and messages are not here: each API maps every code
 * to its own. `npm run generate` writes this table to docs/errors.md.
 */
export const domainErrors = {
  credentials_missing: {
    meaning: "The request has no credentials.",
    action: "Send a bearer token.",
  },
  token_invalid: {
    meaning: "The token is malformed, expired, revoked, or not from a configured issuer.",
    action: "Get a new token.",
  },
  user_inactive: {
    meaning: "The caller has been deactivated or deleted.",
    action: "Ask the operator to activate the user.",
  },
  forbidden: {
    meaning: "The caller may see the object but lacks the permission or role for this operation.",
    action: "Ask an owner or the operator for the permission.",
  },
  account_not_visible: {
    meaning: "The account does not exist, or the caller is not a member of it.",
    action: "Check the account's id or slug, or ask one of its owners for an invitation.",
  },
  account_not_found: {
    meaning: "The account does not exist. Only callers who may read every account get this code.",
    action: "Check the account's id or slug.",
  },
  account_blocked: {
    meaning: "The account is blocked, so it cannot be changed.",
    action: "Ask the operator to unblock the account.",
  },
  owned_account_limit_reached: {
    meaning: "The user owns the maximum number of accounts.",
    action: "Delete an account, or leave one that has another owner.",
  },
  slug_taken: {
    meaning: "Another account has this slug.",
    action: "Choose another slug.",
  },
  zone_not_available: {
    meaning: "The zone does not exist, or the caller may not place an account in it.",
    action: "Choose a zone from the list of zones.",
  },
  user_not_found: {
    meaning: "The user does not exist, or the caller may not see them.",
    action: "Check the user's id.",
  },
  invitation_not_found: {
    meaning: "The invitation does not exist, is no longer pending, or the caller may not see it.",
    action: "Ask for a new invitation.",
  },
  invitation_pending: {
    meaning: "The e-mail address has a pending invitation to the account.",
    action: "Resend or revoke the pending invitation.",
  },
  already_member: {
    meaning: "A member of the account has this e-mail address.",
    action: "None; change the member's role if needed.",
  },
  seat_limit_reached: {
    meaning: "Members and pending invitations use all seats of the account.",
    action: "Remove a member, revoke an invitation, or ask the operator to raise the limit.",
  },
  group_unknown: {
    meaning: "No group has this id.",
    action: "Choose groups from the list of groups.",
  },
  organization_required: {
    meaning: "The request specifies no organization, and the caller is a member of none or of several.",
    action: "Specify an organization with `?organization=` or `X-Organization`.",
  },
  resend_too_soon: {
    meaning: "The invitation was sent less than a minute ago.",
    action: "Try again after `Retry-After`.",
  },
  invitation_quota_exceeded: {
    meaning: "The account has sent the maximum number of invitations per hour.",
    action: "Try again after `Retry-After`.",
  },
  last_owner: {
    meaning: "The change would leave an account without an active owner.",
    action: "Make another member an owner first.",
  },
  page_invalid: {
    meaning: "The requested page does not exist.",
    action: "Follow the links of the list, or start with the first page.",
  },
  zone_not_found: {
    meaning: "The zone does not exist.",
    action: "Check the zone's id.",
  },
  zone_slug_taken: {
    meaning: "Another zone has this slug.",
    action: "Choose another slug.",
  },
  zone_in_use: {
    meaning: "Accounts are placed in the zone, so it cannot be deleted and its location cannot change.",
    action: "Delete the accounts first, or create another zone.",
  },
  access_token_not_found: {
    meaning: "The personal access token does not exist, or belongs to another user.",
    action: "Check the token's id.",
  },
  access_token_not_allowed: {
    meaning: "The operation does not accept a personal access token.",
    action: "Sign in and use a token of the issuer.",
  },
  access_token_already_issued: {
    meaning: "A token was created with this idempotency key, and its secret is shown only once.",
    action: "Create a token with another key, and delete the lost one.",
  },
  access_token_limit_reached: {
    meaning: "The user has the maximum number of personal access tokens.",
    action: "Delete a token.",
  },
  email_not_verified: {
    meaning: "The invitation is for another e-mail address, or the caller's address is not verified.",
    action: "Sign in with the invited address, and verify it.",
  },
  logo_not_found: {
    meaning: "The account has no logo.",
    action: "Upload a logo.",
  },
  logo_storage_unavailable: {
    meaning: "The storage of logos did not respond.",
    action: "Try again after `Retry-After`.",
  },
  idempotency_key_invalid: {
    meaning: "The idempotency key is empty, too long, or not valid UTF-8.",
    action: "Send a key of 1 to 255 characters.",
  },
  idempotency_key_reused: {
    meaning: "The idempotency key was used with a different request in the last 24 hours.",
    action: "Use a new key for each request.",
  },
  version_mismatch: {
    meaning: "The object has changed since the version in `If-Match`.",
    action: "Read the object again, and repeat the change with its new `ETag`.",
  },
  service_not_empty: {
    meaning: "The service contains data that does not come from this import.",
    action: "Import into a new service.",
  },
  import_incompatible: {
    meaning: "The import data is inconsistent or was exported by an incompatible version.",
    action: "Export again, and import with the same version of the service.",
  },
  conflict: {
    meaning: "The data changed while the request was processed.",
    action: "Send the request again.",
  },
  rate_limited: {
    meaning: "The caller or their network address sent too many requests.",
    action: "Try again after `Retry-After`.",
  },
  issuer_unavailable: {
    meaning: "The keys of the token's issuer cannot be fetched, so the token cannot be verified.",
    action: "Try again after `Retry-After`.",
  },
  usage_unavailable: {
    meaning: "The account's usage counter did not respond.",
    action: "Try again after `Retry-After`.",
  },
  not_configured: {
    meaning: "A variable of the service is missing or invalid.",
    action: "The operator finds the reason at `/readyz`.",
  },
  storage_unavailable: {
    meaning: "The database is overloaded or restarting.",
    action: "Try again after `Retry-After`.",
  },
} as const satisfies Record<string, ErrorDescription>;

export type ErrorCode = keyof typeof domainErrors;

/** The state of a limit that is counted exactly. */
export interface CountedLimit {
  readonly name: "usage" | "invites";
  /** Maximum per window. */
  readonly quota: number;
  /** Length of the window, in seconds. */
  readonly window: number;
  readonly remaining: number;
  /** Seconds until the window ends. */
  readonly reset: number;
}

/** Details of an error. Every field may be shown to the caller. */
export interface ErrorDetails {
  /** Seconds to wait before trying again. */
  readonly retryAfter?: number;
  /** The limit that was reached. */
  readonly limit?: CountedLimit;
  /** The rejected value. */
  readonly value?: string;
  /** The rejected values, if there can be several. */
  readonly values?: readonly string[];
  /** The blocking state of a blocked account. */
  readonly blockingState?: string;
  /** The permission that a caller who may see the object lacks. */
  readonly permission?: Permission;
  /** The lowest role that would allow the request, where a permission is not enough. */
  readonly role?: AccountRole;
}

/** Returns the class name of an error: the only part of a foreign error that is safe to log. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** A refused request. The message is the code; each API has its own text for it. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** Which failure of the platform caused it, without values. It is logged and never sent. */
  readonly reason: string | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}, reason?: string) {
    super(code);
    this.code = code;
    this.details = details;
    this.reason = reason;
  }
}
