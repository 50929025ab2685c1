/** The answers of this face as its document describes them. */
import { type RouteConfig, z } from "@hono/zod-openapi";

import { lazy } from "../schema.ts";

type Responses = RouteConfig["responses"];
type Refusal = 403 | 404 | 409 | 412 | 415 | 422;
/** A null character in any query, a body too large for any operation, and so on. */
const always = [400, 401, 406, 413, 429, 503] as const;

/** A refusal in one sentence. */
export const problem = lazy(() =>
  z
    .object({ detail: z.string().openapi({ example: "Not found." }) })
    .openapi("Problem", { description: "A refusal in one sentence." }),
);

const fieldErrors = lazy(() =>
  z
    .union([
      z.record(z.string(), z.array(z.string())).openapi({ example: { name: ["This field is required."] } }),
      z.array(z.string()),
      problem(),
    ])
    .openapi("FieldErrors", {
      description: "Sentences under each field that does not fit, or one about the whole request.",
    }),
);

const sentences: Record<Refusal | (typeof always)[number], string> = {
  400: "Fields that do not fit, a body that cannot be read, or a null character in the query.",
  401: "No credentials, bad ones, or a user who is inactive.",
  403: "The caller may see it and may not do this.",
  404: "There is none, or it is not the caller's.",
  406: "The Accept header leaves out JSON.",
  409: "It changed while the request was served.",
  412: "There is a newer version than `If-Match` names.",
  413: "The body is larger than 1 MiB.",
  415: "The body's media type is not read here.",
  422: "The Idempotency-Key came with another request before.",
  429: "Too many requests; `Retry-After` says when to try again.",
  503: "A part of the service cannot be reached; `Retry-After` says when to try again.",
};

/** What an operation answers: its success, and the refusals it has besides the ones all have. */
export function responses(success: Responses, ...refusals: Refusal[]): Responses {
  const all = [...always, ...refusals].sort((left, right) => left - right);
  const described = all.map((status) => [
    status,
    {
      description: sentences[status],
      content: { "application/json": { schema: status === 400 ? fieldErrors() : problem() } },
    },
  ]);
  return { ...success, ...(Object.fromEntries(described) as Responses) };
}

/** A success with a JSON body. */
export function json(status: 200 | 201, description: string, schema: z.ZodType): Responses {
  return { [status]: { description, content: { "application/json": { schema } } } };
}

/** A page of a list. */
export function pageSchema(name: string, item: z.ZodType): z.ZodType {
  return z
    .object({
      count: z.int().openapi({ description: "How many there are on all pages." }),
      next: z.url().nullable().openapi({ description: "The next page; follow it as it is." }),
      previous: z.url().nullable(),
      results: z.array(item),
    })
    .openapi(name);
}
