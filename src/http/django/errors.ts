/** The one door through which every refusal of this face leaves, in Django REST framework's manner. */
import { DomainError, type ErrorCode } from "../../domain/errors.ts";
import { logUnexpected } from "../../logging.ts";
import type { AppContext } from "../app-env.ts";
import { errorHeaders } from "../errors.ts";
import { formatMebibytes } from "../request.ts";
import { InvalidRequest, nonField } from "./validation.ts";

/** A body that cannot be read, or an answer that cannot be given: about the request, not its values. */
export class RequestError extends Error {
  override readonly name = "RequestRefused";
  readonly status: 400 | 404 | 406 | 415;
  constructor(status: 400 | 404 | 406 | 415, detail: string) {
    super(detail);
    this.status = status;
  }
}

type Status = 400 | 401 | 403 | 404 | 409 | 412 | 422 | 429 | 503;

const noOrganization = { detail: "No Organization matches the given query." };
const notAllowed = { detail: "You do not have permission to perform this action." };

const errorResponses = {
  credentials_missing: [401, { detail: "Authentication credentials were not provided." }],
  token_invalid: [401, { detail: "Invalid token." }],
  user_inactive: [401, { detail: "User inactive or deleted." }],
  forbidden: [403, notAllowed],
  account_not_visible: [404, noOrganization],
  account_not_found: [404, noOrganization],
  account_blocked: [403, { detail: "This organization is blocked." }],
  owned_account_limit_reached: [403, { detail: "You own as many organizations as this service allows." }],
  slug_taken: [400, { slug: ["organization with this slug already exists."] }],
  zone_not_available: [400, { zone: ["This zone does not exist."] }],
  user_not_found: [404, { detail: "No User matches the given query." }],
  invitation_not_found: [404, { detail: "No Invitation matches the given query." }],
  invitation_pending: [400, { invitee_identifier: ["This address has a pending invitation."] }],
  already_member: [400, { invitee_identifier: ["This user is already a member."] }],
  seat_limit_reached: [400, { [nonField]: ["This organization has no seat left."] }],
  group_unknown: [400, { groups: ["Invalid pk - object does not exist."] }],
  organization_required: [400, { organization: ["Name an organization: you are in none or in several."] }],
  resend_too_soon: [429, { detail: "Request was throttled. Expected available in 60 seconds." }],
  invitation_quota_exceeded: [429, { detail: "Request was throttled. Expected available in 3600 seconds." }],
  last_owner: [400, { [nonField]: ["An organization must keep at least one active owner."] }],
  zone_not_found: [404, { detail: "No Zone matches the given query." }],
  zone_slug_taken: [400, { slug: ["zone with this slug already exists."] }],
  zone_in_use: [400, { [nonField]: ["Organizations are placed in this zone."] }],
  access_token_not_found: [404, { detail: "No Token matches the given query." }],
  access_token_not_allowed: [403, notAllowed],
  access_token_already_issued: [409, { detail: "The token of this Idempotency-Key was shown once." }],
  access_token_limit_reached: [400, { [nonField]: ["You have as many tokens as one may have."] }],
  email_not_verified: [403, notAllowed],
  logo_not_found: [404, { detail: "No Logo matches the given query." }],
  logo_storage_unavailable: [503, { detail: "Logos cannot be reached now. Try again." }],
  idempotency_key_invalid: [400, { detail: "Idempotency-Key must have 1 to 255 characters, in UTF-8." }],
  idempotency_key_reused: [422, { detail: "This Idempotency-Key was used with another request." }],
  version_mismatch: [412, { detail: "This is no longer the version that If-Match names." }],
  page_invalid: [404, { detail: "Invalid page." }],
  service_not_empty: [409, { detail: "Only an empty service can be imported into." }],
  import_incompatible: [409, { detail: "This does not fit together, or is another version's." }],
  conflict: [409, { detail: "This changed while the request was served. Try again." }],
  rate_limited: [429, { detail: "Request was throttled. Expected available in 60 seconds." }],
  issuer_unavailable: [503, { detail: "The token's issuer cannot be reached." }],
  usage_unavailable: [503, { detail: "Usage cannot be counted now. Try again." }],
  not_configured: [503, { detail: "The service is not configured." }],
  storage_unavailable: [503, { detail: "The service is overloaded. Try again." }],
} as const satisfies Record<ErrorCode, readonly [Status, Readonly<Record<string, unknown>>]>;

export function toErrorResponse(c: AppContext, error: unknown): Response {
  if (error instanceof InvalidRequest) return c.json(error.errors, 400);
  if (error instanceof RequestError) return c.json({ detail: error.message }, error.status);
  if (error instanceof DomainError) {
    const [status, body] = errorResponses[error.code];
    const headers = errorHeaders(error);
    if (status === 401) headers["WWW-Authenticate"] = 'Bearer realm="api"';
    return c.json(withDetails(error, body), status, headers);
  }
  logUnexpected(c.var, error);
  return c.json({ detail: "Internal server error." }, 500);
}

const throttled: ReadonlySet<string> = new Set([
  "resend_too_soon",
  "invitation_quota_exceeded",
  "rate_limited",
]);

/** The sentences that name what was refused, or until when. */
function withDetails({ code, details }: DomainError, body: Readonly<Record<string, unknown>>) {
  if (details.blockingState !== undefined) {
    return { detail: `This organization is blocked: ${details.blockingState}.` };
  }
  if (code === "group_unknown") {
    return { groups: [`Invalid pk "${details.values?.[0] ?? ""}" - object does not exist.`] };
  }
  if (throttled.has(code) && details.retryAfter !== undefined) {
    const unit = details.retryAfter === 1 ? "second" : "seconds";
    return { detail: `Request was throttled. Expected available in ${details.retryAfter} ${unit}.` };
  }
  return body;
}

export function notFound(c: AppContext): Response {
  return c.json({ detail: "Not found." }, 404);
}

export function payloadTooLarge(c: AppContext, largest: number): Response {
  return c.json({ detail: `Request body is larger than ${formatMebibytes(largest)}.` }, 413);
}
