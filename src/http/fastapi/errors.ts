/** The one door through which every refusal of this face leaves, in FastAPI's manner. */
import { DomainError, type ErrorCode } from "../../domain/errors.ts";
import { logUnexpected } from "../../logging.ts";
import type { AppContext } from "../app-env.ts";
import { errorHeaders } from "../errors.ts";
import { formatMebibytes } from "../request.ts";
import { MalformedBody, MalformedForm } from "./body.ts";
import { InvalidRequest, toFieldError } from "./validation.ts";

type Status = 400 | 401 | 403 | 404 | 409 | 412 | 422 | 429 | 503;

const errorResponses = {
  credentials_missing: [401, "Not authenticated"],
  token_invalid: [401, "Invalid or expired token"],
  user_inactive: [401, "User inactive or deleted"],
  forbidden: [403, "You do not have the role this operation needs"],
  account_not_visible: [403, "You do not have the role this operation needs"],
  account_not_found: [404, "Account not found"],
  account_blocked: [403, "This account is blocked"],
  owned_account_limit_reached: [403, "You own as many accounts as this service allows"],
  slug_taken: [409, "An account with this slug already exists"],
  zone_not_available: [422, "This zone does not exist"],
  user_not_found: [404, "User not found"],
  invitation_not_found: [404, "Invite not found"],
  invitation_pending: [409, "This address has a pending invite"],
  already_member: [409, "This user is already a member"],
  seat_limit_reached: [409, "This account has no seat left"],
  group_unknown: [422, "This group does not exist"],
  organization_required: [422, "Name an account"],
  resend_too_soon: [429, "This was done less than a minute ago"],
  invitation_quota_exceeded: [429, "This account has sent as many invites as an hour allows"],
  last_owner: [409, "An account must keep at least one active owner"],
  zone_not_found: [404, "Zone not found"],
  zone_slug_taken: [409, "A zone with this slug already exists"],
  zone_in_use: [409, "Accounts are placed in this zone"],
  access_token_not_found: [404, "Token not found"],
  access_token_not_allowed: [403, "A personal access token cannot do this; sign in"],
  access_token_already_issued: [409, "The token of this Idempotency-Key was shown when it was made"],
  access_token_limit_reached: [409, "You have as many tokens as one may have. Delete one first"],
  email_not_verified: [403, "This invite is for another address, or yours is not verified"],
  logo_not_found: [404, "Logo not found"],
  logo_storage_unavailable: [503, "Logos cannot be reached now. Try again"],
  idempotency_key_invalid: [400, "Idempotency-Key must have 1 to 255 characters, in UTF-8"],
  idempotency_key_reused: [422, "This Idempotency-Key was used with another request"],
  version_mismatch: [412, "This is no longer the version that If-Match names"],
  page_invalid: [404, "Page not found"],
  service_not_empty: [409, "Only an empty service can be imported into"],
  import_incompatible: [409, "This does not fit together, or is another version's"],
  conflict: [409, "This changed while the request was served. Try again"],
  rate_limited: [429, "Too many requests. Try again later"],
  issuer_unavailable: [503, "The token's issuer cannot be reached"],
  usage_unavailable: [503, "Usage cannot be reached now. Try again"],
  not_configured: [503, "The service is not configured"],
  storage_unavailable: [503, "The service is overloaded. Try again"],
} as const satisfies Record<ErrorCode, readonly [Status, string]>;

export function toErrorResponse(c: AppContext, error: unknown): Response {
  if (error instanceof InvalidRequest) return c.json({ detail: error.issues }, 422);
  if (error instanceof MalformedBody) return c.json({ detail: "There was an error parsing the body" }, 400);
  if (error instanceof MalformedForm) return c.json({ detail: "Invalid multipart data." }, 400);
  if (error instanceof DomainError) {
    const fault = toFieldError(error);
    if (fault !== undefined) return c.json({ detail: [fault] }, 422);
    const [status, detail] = errorResponses[error.code];
    const headers = errorHeaders(error);
    if (status === 401) headers["WWW-Authenticate"] = "Bearer";
    return c.json({ detail: withReason(detail, error) }, status, headers);
  }
  logUnexpected(c.var, error);
  return c.json({ detail: "Internal Server Error" }, 500);
}

/** The reason of a block is told: its state. */
function withReason(detail: string, { details }: DomainError): string {
  return details.blockingState === undefined ? detail : `${detail}: ${details.blockingState}`;
}

export function notFound(c: AppContext): Response {
  return c.json({ detail: "Not Found" }, 404);
}

export function methodNotAllowed(c: AppContext, allowed: readonly string[]): Response {
  return c.json({ detail: "Method Not Allowed" }, 405, { Allow: allowed.join(", ") });
}

export function payloadTooLarge(c: AppContext, largest: number): Response {
  return c.json({ detail: `Request body is larger than ${formatMebibytes(largest)}` }, 413);
}
