/** Responses of the accounts API and the operator API in the OpenAPI document. */
import { type RouteConfig, z } from "@hono/zod-openapi";

import { errorResponseHeaders } from "../openapi/document.ts";
import { lazy } from "../schema.ts";

type Responses = RouteConfig["responses"];
type ErrorStatus = 400 | 403 | 404 | 409 | 412 | 422;
/** Errors that every operation has. */
const commonStatuses = [401, 413, 429, 503] as const;

/** The body of an error other than a validation error. */
export const detail = lazy(() =>
  z
    .object({ detail: z.string().openapi({ example: "Not authenticated" }) })
    .openapi("Detail", { description: "An error message." }),
);

const validation = lazy(() =>
  z
    .object({
      detail: z.union([
        z.array(
          z.object({
            type: z.string().openapi({ description: "pydantic's error type.", example: "missing" }),
            loc: z.array(z.union([z.string(), z.int()])).openapi({
              description: "Location: path, query or body, followed by keys.",
              example: ["body", "slug"],
            }),
            msg: z.string().openapi({ example: "Field required" }),
            input: z.unknown().openapi({ description: "The invalid value, or the parent of a missing one." }),
            ctx: z
              .record(z.string(), z.unknown())
              .optional()
              .openapi({ description: "Details of the broken rule, such as its pattern." }),
          }),
        ),
        z.string().openapi({ description: "A message, if the request is valid but cannot be processed." }),
      ]),
    })
    .openapi("HTTPValidationError", { description: "All validation errors of the request." }),
);

const descriptions: Record<ErrorStatus | (typeof commonStatuses)[number], string> = {
  400: "The body cannot be parsed, or the Idempotency-Key is invalid.",
  401: "The token is missing or invalid, or the user is inactive.",
  403: "The caller lacks the permission or is not a member of the account, or the account is blocked.",
  404: "The object does not exist.",
  409: "The request conflicts with existing data, or the data changed during the request.",
  412: "The object has changed since the version in `If-Match`.",
  413: "The body is larger than 1 MiB; for a logo, 2 MiB.",
  422: "The request is invalid, or its Idempotency-Key was used with a different request.",
  429: "Too many requests. Try again after `Retry-After`.",
  503: "A part of the service is unavailable. Try again after `Retry-After`.",
};

/** Returns the responses of an operation: its success, the common errors, and its own errors. */
export function responses(success: Responses, ...errors: ErrorStatus[]): Responses {
  const all = [...commonStatuses, ...errors].sort((left, right) => left - right);
  const described = all.map((status) => [
    status,
    {
      description: descriptions[status],
      headers: errorResponseHeaders,
      content: { "application/json": { schema: status === 422 ? validation() : detail() } },
    },
  ]);
  return { ...success, ...(Object.fromEntries(described) as Responses) };
}

/** Returns the responses of an operation that needs no credentials. */
export function openResponses(success: Responses, ...errors: ErrorStatus[]): Responses {
  const { 401: _, ...rest } = responses(success, ...errors);
  return rest;
}

/** Returns a success with a JSON body. */
export function json(
  status: 200 | 201,
  description: string,
  schema: z.ZodType,
  example?: unknown,
): Responses {
  const content = { schema, ...(example === undefined ? {} : { example }) };
  return { [status]: { description, content: { "application/json": content } } };
}

/** Returns a success whose body has one of these media types. */
export function bytes(description: string, mediaTypes: readonly string[]): Responses {
  const schema = { type: "string", format: "binary" } as const;
  return { 200: { description, content: Object.fromEntries(mediaTypes.map((type) => [type, { schema }])) } };
}

/** Returns a success without a body. */
export function empty(description: string): Responses {
  return { 204: { description } };
}
