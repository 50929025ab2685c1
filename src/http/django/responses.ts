/** Responses of the organizations API in the OpenAPI document. */
import { type RouteConfig, z } from "@hono/zod-openapi";

import { errorResponseHeaders } from "../openapi/document.ts";
import { lazy } from "../schema.ts";

type Responses = RouteConfig["responses"];
type ErrorStatus = 403 | 404 | 409 | 412 | 415 | 422;
/** Errors that every operation has. */
const commonStatuses = [400, 401, 406, 413, 429, 503] as const;

/** The body of an error without fields. */
export const problem = lazy(() =>
  z
    .object({ detail: z.string().openapi({ example: "Not found." }) })
    .openapi("Problem", { description: "An error message." }),
);

const fieldErrors = lazy(() =>
  z
    .union([
      z.record(z.string(), z.array(z.string())).openapi({ example: { name: ["This field is required."] } }),
      z.array(z.string()),
      problem(),
    ])
    .openapi("FieldErrors", {
      description: "Error messages by field, or one message about the whole request.",
    }),
);

const descriptions: Record<ErrorStatus | (typeof commonStatuses)[number], string> = {
  400: "Invalid fields, a malformed body, or a null character in the query.",
  401: "Credentials are missing or invalid, or the user is inactive.",
  403: "The caller may see the object but lacks the permission for this operation.",
  404: "The object does not exist, or the caller may not see it.",
  406: "The Accept header excludes JSON.",
  409: "The data changed during the request, or the request conflicts with existing data.",
  412: "The object has changed since the version in `If-Match`.",
  413: "The body is larger than 1 MiB.",
  415: "The media type of the body is not supported.",
  422: "The Idempotency-Key was used with a different request.",
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
      content: { "application/json": { schema: status === 400 ? fieldErrors() : problem() } },
    },
  ]);
  return { ...success, ...(Object.fromEntries(described) as Responses) };
}

/** Returns a success with a JSON body. */
export function json(status: 200 | 201, description: string, schema: z.ZodType): Responses {
  return { [status]: { description, content: { "application/json": { schema } } } };
}

/** Returns the schema of one page of a list. */
export function pageSchema(name: string, item: z.ZodType): z.ZodType {
  return z
    .object({
      count: z.int().openapi({ description: "Number of results on all pages." }),
      next: z.url().nullable().openapi({ description: "URL of the next page." }),
      previous: z.url().nullable(),
      results: z.array(item),
    })
    .openapi(name);
}
