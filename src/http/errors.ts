/** What error responses of all APIs have in common. */
import type { ContentfulStatusCode } from "hono/utils/http-status";

import type { DomainError, ErrorCode, ErrorDescription } from "../domain/errors.ts";
import type { AppContext } from "./app-env.ts";
import { rateLimitFields } from "./rate-limit.ts";

/** The response header with the stable code of an error. */
export const errorCodeHeader = "X-Error-Code";

/** Errors of requests as such, in addition to those of the domain. */
export const requestErrors = {
  validation_failed: {
    meaning: "Values in the path, query or body are missing or invalid.",
    action: "Correct the fields that the body lists.",
  },
  malformed_body: {
    meaning: "The body cannot be parsed.",
    action: "Send valid JSON or a valid form, encoded in UTF-8.",
  },
  route_not_found: {
    meaning: "No operation has this path, or an id in the path is malformed.",
    action: "Check the URL.",
  },
  method_not_allowed: {
    meaning: "The path does not support this method.",
    action: "Use one of the methods in `Allow`.",
  },
  not_acceptable: {
    meaning: "The `Accept` header excludes JSON.",
    action: "Accept `application/json`.",
  },
  payload_too_large: {
    meaning: "The body, or the file in it, is too large.",
    action: "Send less data.",
  },
  unsupported_media_type: {
    meaning: "The body has a media type that the API does not read.",
    action: "Send JSON or a form, with the right `Content-Type`.",
  },
  usage_limit_exceeded: {
    meaning: "The increment would exceed the usage limit of the month. Nothing was counted.",
    action: "Wait for the next month, or ask the operator to raise the limit.",
  },
  internal_error: {
    meaning: "The service failed unexpectedly.",
    action: "Report the `X-Request-Id` to the operator.",
  },
} as const satisfies Record<string, ErrorDescription>;

export type RequestErrorCode = keyof typeof requestErrors;

/** Every value of `X-Error-Code`. */
export type AnyErrorCode = ErrorCode | RequestErrorCode;

/** Returns an error response that carries its code. */
export function respondWithError(
  c: AppContext,
  code: AnyErrorCode,
  status: ContentfulStatusCode,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return c.json(body, status, { ...headers, [errorCodeHeader]: code });
}

/** Returns the headers that an error of the domain carries on every API. */
export function errorHeaders({ details }: DomainError): Record<string, string> {
  const { retryAfter, limit } = details;
  return {
    ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
    ...(limit === undefined ? {} : rateLimitFields(limit)),
  };
}
