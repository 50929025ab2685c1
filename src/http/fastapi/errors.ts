/** The one door through which every refusal of this face leaves, in FastAPI's manner. */
import { DomainError, type ErrorCode } from "../../domain/errors.ts";
import type { AppContext } from "../app-env.ts";
import { logFault, refusalHeaders } from "../refusal.ts";
import { inMebibytes } from "../request-body.ts";
import { BrokenForm } from "./form.ts";
import { asFieldFault, InvalidRequest } from "./validation.ts";

/** A body that is not even text. */
export class BrokenBody extends Error {
  override readonly name = "BrokenBody";
}

type Status = 400 | 401 | 403 | 404 | 409 | 412 | 422 | 429 | 503;

const refusals = {
  credentials_missing: [401, "Not authenticated"],
  token_invalid: [401, "Invalid or expired token"],
  user_inactive: [401, "User inactive or deleted"],
  forbidden: [403, "You do not have the role this operation needs"],
  account_unseen: [403, "You do not have the role this operation needs"],
  account_missing: [404, "Account not found"],
  account_blocked: [403, "This account is blocked"],
  owned_accounts_limit: [403, "You own as many accounts as this service allows"],
  slug_taken: [409, "An account with this slug already exists"],
  zone_unknown: [422, "This zone does not exist"],
  user_missing: [404, "User not found"],
  invite_missing: [404, "Invite not found"],
  invite_pending: [409, "This address has a pending invite"],
  already_member: [409, "This user is already a member"],
  seats_taken: [409, "This account has no seat left"],
  group_unknown: [422, "This group does not exist"],
  organization_unnamed: [422, "Name an account"],
  too_soon: [429, "This was done less than a minute ago"],
  too_many_invites: [429, "This account has sent as many invites as an hour allows"],
  last_owner: [409, "An account must keep at least one active owner"],
  zone_missing: [404, "Zone not found"],
  zone_slug_taken: [409, "A zone with this slug already exists"],
  zone_in_use: [409, "Accounts are placed in this zone"],
  access_token_missing: [404, "Token not found"],
  access_token_insufficient: [403, "A personal access token cannot do this; sign in"],
  access_token_shown: [409, "The token of this Idempotency-Key was shown when it was made"],
  too_many_access_tokens: [409, "You have as many tokens as one may have. Delete one first"],
  address_unverified: [403, "This invite is for another address, or yours is not verified"],
  logo_missing: [404, "Logo not found"],
  logos_unavailable: [503, "Logos cannot be reached now. Try again"],
  key_invalid: [400, "Idempotency-Key must have 1 to 255 characters, in UTF-8"],
  key_reused: [422, "This Idempotency-Key was used with another request"],
  version_mismatch: [412, "This is no longer the version that If-Match names"],
  page_invalid: [404, "Page not found"],
  service_in_use: [409, "Only an empty service can be imported into"],
  import_misfit: [409, "This does not fit together, or is another version's"],
  changed_meanwhile: [409, "This changed while the request was served. Try again"],
  rate_limited: [429, "Too many requests. Try again later"],
  issuer_unavailable: [503, "The token's issuer cannot be reached"],
  usage_unavailable: [503, "Usage cannot be reached now. Try again"],
  unconfigured: [503, "The service is not configured"],
  storage_unavailable: [503, "The service is overloaded. Try again"],
} as const satisfies Record<ErrorCode, readonly [Status, string]>;

export function refuse(c: AppContext, error: unknown): Response {
  if (error instanceof InvalidRequest) return c.json({ detail: error.issues }, 422);
  if (error instanceof BrokenBody) return c.json({ detail: "There was an error parsing the body" }, 400);
  if (error instanceof BrokenForm) return c.json({ detail: "Invalid multipart data." }, 400);
  if (error instanceof DomainError) {
    const fault = asFieldFault(error);
    if (fault !== undefined) return c.json({ detail: [fault] }, 422);
    const [status, detail] = refusals[error.code];
    const headers = refusalHeaders(error);
    if (status === 401) headers["WWW-Authenticate"] = "Bearer";
    return c.json({ detail: withReason(detail, error) }, status, headers);
  }
  logFault(c, error);
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

export function tooLarge(c: AppContext, largest: number): Response {
  return c.json({ detail: `Request body is larger than ${inMebibytes(largest)}` }, 413);
}
