/** Error responses of the organizations API, in the format of Django REST framework. */
import { DomainError } from "../../domain/errors.ts";
import { logUnexpected } from "../../logging.ts";
import { maxAccessTokens } from "../../services/access-tokens/access-tokens.ts";
import type { AppContext } from "../app-env.ts";
import { type AnyErrorCode, errorHeaders, respondWithError } from "../errors.ts";
import { BodyTooLarge, formatMebibytes } from "../request.ts";
import { InvalidRequest, nonField } from "./validation.ts";

type RequestCode = "malformed_body" | "route_not_found" | "not_acceptable" | "unsupported_media_type";

/** Thrown for a request that is refused as a whole; `detail` is the message. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: RequestCode;
  constructor(code: RequestCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

type Status = 400 | 401 | 403 | 404 | 405 | 406 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503;

const noOrganization = { detail: "No Organization matches the given query." };
const notAllowed = { detail: "You do not have permission to perform this action." };
const throttled = (seconds: number) => ({
  detail: `Request was throttled. Expected available in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`,
});

/** Status and body of every error. The bodies of request errors are filled in where they occur. */
export const errorResponses = {
  credentials_missing: [401, { detail: "Authentication credentials were not provided." }],
  token_invalid: [401, { detail: "Invalid token." }],
  user_inactive: [401, { detail: "User inactive or deleted." }],
  forbidden: [403, notAllowed],
  account_not_visible: [404, noOrganization],
  account_not_found: [404, noOrganization],
  account_blocked: [403, { detail: "This organization is blocked." }],
  owned_account_limit_reached: [
    403,
    { detail: "Organization limit reached. Delete an organization that you own or leave it." },
  ],
  slug_taken: [400, { slug: ["organization with this slug already exists."] }],
  zone_not_available: [400, { zone: ["This zone does not exist."] }],
  user_not_found: [404, { detail: "No User matches the given query." }],
  invitation_not_found: [404, { detail: "No Invitation matches the given query." }],
  invitation_pending: [400, { invitee_identifier: ["This address has a pending invitation."] }],
  already_member: [400, { invitee_identifier: ["This user is already a member."] }],
  seat_limit_reached: [
    400,
    { [nonField]: ["Seat limit reached. Remove a member, revoke an invitation or raise the limit."] },
  ],
  group_unknown: [400, { groups: ["Invalid pk - object does not exist."] }],
  organization_required: [
    400,
    { organization: ["Specify an organization with ?organization= or X-Organization."] },
  ],
  resend_too_soon: [429, throttled(60)],
  invitation_quota_exceeded: [429, throttled(3600)],
  last_owner: [
    400,
    {
      [nonField]: [
        "An organization must keep at least one active owner. Make another member an owner first.",
      ],
    },
  ],
  zone_not_found: [404, { detail: "No Zone matches the given query." }],
  zone_slug_taken: [400, { slug: ["zone with this slug already exists."] }],
  zone_in_use: [400, { [nonField]: ["Organizations are placed in this zone."] }],
  access_token_not_found: [404, { detail: "No Token matches the given query." }],
  access_token_not_allowed: [403, notAllowed],
  access_token_already_issued: [
    409,
    { detail: "The token for this Idempotency-Key was already issued and is shown only once." },
  ],
  access_token_limit_reached: [
    400,
    { [nonField]: [`Token limit reached (${maxAccessTokens}). Delete a token and try again.`] },
  ],
  email_not_verified: [403, notAllowed],
  logo_not_found: [404, { detail: "No Logo matches the given query." }],
  logo_storage_unavailable: [503, { detail: "The logo storage is unavailable. Try again." }],
  idempotency_key_invalid: [
    400,
    { detail: "Idempotency-Key must have 1 to 255 characters and be valid UTF-8." },
  ],
  idempotency_key_reused: [
    422,
    { detail: "This Idempotency-Key was used with a different request. Use a new key." },
  ],
  version_mismatch: [
    412,
    { detail: "The organization has changed since the version in If-Match. Read it again and retry." },
  ],
  page_invalid: [404, { detail: "Invalid page." }],
  service_not_empty: [409, { detail: "The service is not empty. Import into a new service." }],
  import_incompatible: [
    409,
    { detail: "The import data is inconsistent or was exported by an incompatible version." },
  ],
  conflict: [409, { detail: "The data changed during the request. Try again." }],
  rate_limited: [429, throttled(60)],
  issuer_unavailable: [503, { detail: "The token issuer is unavailable. Try again." }],
  usage_unavailable: [503, { detail: "The usage counter is unavailable. Try again." }],
  not_configured: [503, { detail: "The service is not configured. See /readyz for the reason." }],
  storage_unavailable: [503, { detail: "The database is overloaded or restarting. Try again." }],
  validation_failed: [400, {}],
  malformed_body: [400, {}],
  route_not_found: [404, { detail: "Not found." }],
  method_not_allowed: [405, {}],
  not_acceptable: [406, {}],
  payload_too_large: [413, {}],
  unsupported_media_type: [415, {}],
  usage_limit_exceeded: [429, {}],
  internal_error: [500, { detail: "Internal server error." }],
} as const satisfies Record<AnyErrorCode, readonly [Status, Readonly<Record<string, unknown>>]>;

/** Returns the response with an error's status, and its body unless another one is given. */
export function refuse(
  c: AppContext,
  code: AnyErrorCode,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const [status, defaultBody] = errorResponses[code];
  return respondWithError(c, code, status, body ?? defaultBody, headers);
}

/** Returns the response to anything that an operation throws. */
export function toErrorResponse(c: AppContext, error: unknown): Response {
  if (error instanceof InvalidRequest) return refuse(c, "validation_failed", error.errors);
  if (error instanceof RequestError) return refuse(c, error.code, { detail: error.message });
  if (error instanceof BodyTooLarge) {
    return refuse(c, "payload_too_large", {
      detail: `Request body is larger than ${formatMebibytes(error.maxBytes)}.`,
    });
  }
  if (error instanceof DomainError) {
    const headers = errorHeaders(error);
    if (errorResponses[error.code][0] === 401) headers["WWW-Authenticate"] = 'Bearer realm="api"';
    return refuse(c, error.code, bodyWithDetails(error), headers);
  }
  logUnexpected(c.var, error);
  return refuse(c, "internal_error");
}

/** Returns the body that names the rejected value or the waiting time; undefined for the default body. */
function bodyWithDetails({ code, details }: DomainError): object | undefined {
  const { blockingState, retryAfter, values } = details;
  if (blockingState !== undefined) return { detail: `This organization is blocked: ${blockingState}.` };
  if (code === "group_unknown") {
    return { groups: [`Invalid pk "${values?.[0] ?? ""}" - object does not exist.`] };
  }
  if (errorResponses[code][0] === 429 && retryAfter !== undefined) return throttled(retryAfter);
  return undefined;
}
