/** Error responses of the accounts API and the operator API, in FastAPI's format. */
import { DomainError } from "../../domain/errors.ts";
import { logUnexpected } from "../../logging.ts";
import { maxAccessTokens } from "../../services/access-tokens/access-tokens.ts";
import type { AppContext } from "../app-env.ts";
import { type AnyErrorCode, errorHeaders, respondWithError } from "../errors.ts";
import { BodyTooLarge, formatMebibytes } from "../request.ts";
import { MalformedBody, MalformedForm } from "./body.ts";
import { InvalidRequest, toValidationIssue } from "./validation.ts";

type Status = 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 422 | 429 | 500 | 503;

/** The codes of responses that these APIs never send. */
type OtherApiCode = "not_acceptable" | "unsupported_media_type" | "usage_limit_exceeded";
type FastApiErrorCode = Exclude<AnyErrorCode, OtherApiCode>;

/** Status and `detail` of every error. */
export const errorResponses = {
  credentials_missing: [401, "Not authenticated"],
  token_invalid: [401, "Invalid or expired token"],
  user_inactive: [401, "User inactive or deleted"],
  forbidden: [403, "You do not have permission to do this"],
  account_not_visible: [403, "This account does not exist or you are not a member of it"],
  account_not_found: [404, "Account not found"],
  account_blocked: [403, "This account is blocked"],
  owned_account_limit_reached: [403, "Account limit reached. Delete an account that you own or leave it."],
  slug_taken: [409, "An account with this slug already exists"],
  zone_not_available: [422, "This zone does not exist"],
  user_not_found: [404, "User not found"],
  invitation_not_found: [404, "Invite not found"],
  invitation_pending: [409, "This address has a pending invite"],
  already_member: [409, "This user is already a member"],
  seat_limit_reached: [409, "Seat limit reached. Remove a member, revoke an invite or raise the limit."],
  group_unknown: [422, "This group does not exist"],
  organization_required: [422, "Specify an organization with ?organization= or X-Organization."],
  resend_too_soon: [429, "The invite was sent less than a minute ago. Try again later."],
  invitation_quota_exceeded: [429, "Hourly invite limit reached. Try again later."],
  last_owner: [409, "An account must keep at least one active owner. Make another member an owner first."],
  zone_not_found: [404, "Zone not found"],
  zone_slug_taken: [409, "A zone with this slug already exists"],
  zone_in_use: [409, "Accounts are placed in this zone. It cannot be deleted or change its location."],
  access_token_not_found: [404, "Token not found"],
  access_token_not_allowed: [403, "A personal access token cannot do this. Sign in instead."],
  access_token_already_issued: [
    409,
    "The token for this Idempotency-Key was already issued and is shown only once.",
  ],
  access_token_limit_reached: [
    409,
    `Token limit reached (${maxAccessTokens}). Delete a token and try again.`,
  ],
  email_not_verified: [403, "This invite is for another address, or your address is not verified."],
  logo_not_found: [404, "Logo not found"],
  logo_storage_unavailable: [503, "The logo storage is unavailable. Try again."],
  idempotency_key_invalid: [400, "Idempotency-Key must have 1 to 255 characters and be valid UTF-8."],
  idempotency_key_reused: [422, "This Idempotency-Key was used with a different request. Use a new key."],
  version_mismatch: [412, "The object has changed since the version in If-Match. Read it again and retry."],
  page_invalid: [404, "Page not found"],
  service_not_empty: [409, "The service is not empty. Import into a new service."],
  import_incompatible: [409, "The import data is inconsistent or was exported by an incompatible version."],
  conflict: [409, "The data changed during the request. Try again."],
  rate_limited: [429, "Too many requests. Try again later."],
  issuer_unavailable: [503, "The token issuer is unavailable. Try again."],
  usage_unavailable: [503, "The usage counter is unavailable. Try again."],
  not_configured: [503, "The service is not configured. See /readyz for the reason."],
  storage_unavailable: [503, "The database is overloaded or restarting. Try again."],
  validation_failed: [422, "The request is invalid"],
  malformed_body: [400, "There was an error parsing the body"],
  route_not_found: [404, "Not Found"],
  method_not_allowed: [405, "Method Not Allowed"],
  payload_too_large: [413, "Request body is too large"],
  internal_error: [500, "Internal Server Error"],
} as const satisfies Record<FastApiErrorCode, readonly [Status, string]>;

/** Returns the response with an error's status, and its `detail` unless another one is given. */
export function refuse(
  c: AppContext,
  code: FastApiErrorCode,
  detail?: string | readonly object[],
  headers: Readonly<Record<string, string>> = {},
): Response {
  const [status, defaultDetail] = errorResponses[code];
  return respondWithError(c, code, status, { detail: detail ?? defaultDetail }, headers);
}

/** Returns the response to anything that an operation throws. */
export function toErrorResponse(c: AppContext, error: unknown): Response {
  if (error instanceof InvalidRequest) {
    return respondWithError(c, error.code, 422, { detail: error.issues });
  }
  if (error instanceof MalformedBody) return refuse(c, "malformed_body");
  if (error instanceof MalformedForm) return refuse(c, "malformed_body", "Invalid multipart data.");
  if (error instanceof BodyTooLarge) {
    const limit = formatMebibytes(error.maxBytes);
    return refuse(c, "payload_too_large", `Request body is larger than ${limit}`);
  }
  if (error instanceof DomainError) {
    const issue = toValidationIssue(error);
    if (issue !== undefined) return refuse(c, error.code, [issue]);
    const headers = errorHeaders(error);
    if (errorResponses[error.code][0] === 401) headers["WWW-Authenticate"] = "Bearer";
    return refuse(c, error.code, detailOf(error), headers);
  }
  logUnexpected(c.var, error);
  return refuse(c, "internal_error");
}

/** Returns the message that names the missing permission or role, or why the account is blocked. */
function detailOf({ code, details }: DomainError): string | undefined {
  const { permission, role, blockingState } = details;
  if (permission !== undefined) return `Missing permission: ${permission}`;
  if (role !== undefined) return `Missing role: ${role}`;
  return blockingState === undefined ? undefined : `${errorResponses[code][1]}: ${blockingState}`;
}

export function notFound(c: AppContext): Response {
  return refuse(c, "route_not_found");
}

export function methodNotAllowed(c: AppContext, allowed: readonly string[]): Response {
  return refuse(c, "method_not_allowed", undefined, { Allow: allowed.join(", ") });
}
