import type { AccountRole } from "./account.ts";
import type { Permission } from "./permissions.ts";

/**
 * The closed list of refusals. No HTTP status here: each face maps every code to its own
 * status and sentence, and a new code breaks the build of each face until it has one.
 */
export type ErrorCode =
  /** No credentials were sent. */
  | "credentials_missing"
  /** Credentials were sent and are not good, for whatever reason. */
  | "token_invalid"
  /** The caller is known and has been deactivated. */
  | "user_inactive"
  /** The caller may see the object and may not do this to it. */
  | "forbidden"
  /** The account is not the caller's, or does not exist: an outsider cannot tell which. */
  | "account_not_visible"
  /** The account does not exist, said to a caller who may read every account. */
  | "account_not_found"
  /** The account is blocked, and this is not one of the things a blocked account still does. */
  | "account_blocked"
  /** The caller owns as many accounts as the service allows one user. */
  | "owned_account_limit_reached"
  /** Another account has this slug. */
  | "slug_taken"
  /** The named zone does not exist, or is not one the caller may place an account in. */
  | "zone_not_available"
  /** The user does not exist, or is none the caller may see. */
  | "user_not_found"
  /** The invitation does not exist, is no longer pending, or is none the caller may see. */
  | "invitation_not_found"
  /** The address has a pending invitation to the account. */
  | "invitation_pending"
  /** A member of the account has this address. */
  | "already_member"
  /** Members and pending invitations are as many as the account may have. */
  | "seat_limit_reached"
  /** A group of this number does not exist. */
  | "group_unknown"
  /** No organization is named, and the caller is in none or in several. */
  | "organization_required"
  /** It was done less than a minute ago. */
  | "resend_too_soon"
  /** The account has sent as many invitations as an hour allows. */
  | "invitation_quota_exceeded"
  /** The change would leave an account without an active owner. */
  | "last_owner"
  /** The page asked for does not exist. */
  | "page_invalid"
  /** The zone does not exist, said to an operator. */
  | "zone_not_found"
  /** Another zone has this slug. */
  | "zone_slug_taken"
  /** Accounts are placed in the zone. */
  | "zone_in_use"
  /** The personal access token does not exist, or is another user's. */
  | "access_token_not_found"
  /** A personal access token cannot do this; it takes signing in. */
  | "access_token_not_allowed"
  /** The token of this key was shown when it was made, and cannot be shown again. */
  | "access_token_already_issued"
  /** The user has as many personal access tokens as a user may have. */
  | "access_token_limit_reached"
  /** A verified address is needed that the caller does not have. */
  | "email_not_verified"
  /** The account has no logo. */
  | "logo_not_found"
  /** Where logos are stored cannot be reached. */
  | "logo_storage_unavailable"
  /** The idempotency key is empty or too long. */
  | "idempotency_key_invalid"
  /** The idempotency key came with another request before. */
  | "idempotency_key_reused"
  /** The object is no longer the one that `If-Match` names. */
  | "version_mismatch"
  /** Only an empty service is imported into, or one that this very import has begun. */
  | "service_not_empty"
  /** What is imported does not belong together, or was exported by another version of the service. */
  | "import_incompatible"
  /** What the decision was based on changed before it was written; trying again is right. */
  | "conflict"
  /** The caller, or the address they call from, asks too often. */
  | "rate_limited"
  /** The issuer's keys cannot be had, so nothing can be said about the token. */
  | "issuer_unavailable"
  /** The object that counts the account's usage cannot be reached. */
  | "usage_unavailable"
  /** The service's own variables are missing or wrong. */
  | "not_configured"
  /** The database is overloaded or restarting. */
  | "storage_unavailable";

/** A limit that is counted exactly, and how it stands. */
export interface CountedLimit {
  readonly name: "usage" | "invites";
  /** How many there may be in a window. */
  readonly quota: number;
  /** The window's length, in seconds. */
  readonly window: number;
  readonly remaining: number;
  /** Seconds until the window ends. */
  readonly reset: number;
}

/** What a refusal carries besides its code; every field is safe to show to the caller. */
export interface ErrorDetails {
  /** Seconds after which trying again is sensible. */
  readonly retryAfter?: number;
  /** The limit that was reached. */
  readonly limit?: CountedLimit;
  /** The value of the caller's that was refused. */
  readonly value?: string;
  /** The same where there may be several. */
  readonly values?: readonly string[];
  /** The blocking state of an account that is blocked. */
  readonly blockingState?: string;
  /** The permission that a caller who may see the object lacks. */
  readonly permission?: Permission;
  /** The lowest role that would allow the request, where a permission is not enough. */
  readonly role?: AccountRole;
}

/** What an error is called: all that a line of the log may tell of one that was not made here. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** A refusal. Its message is its code: sentences belong to the faces. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** What of the platform failed, in a word without values: for the log, never for the caller. */
  readonly reason: string | undefined;

  constructor(code: ErrorCode, details: ErrorDetails = {}, reason?: string) {
    super(code);
    this.code = code;
    this.details = details;
    this.reason = reason;
  }
}
