/** The answers of this face as its document describes them. */
import { type RouteConfig, z } from "@hono/zod-openapi";

import { lazy } from "../schema.ts";

type Responses = RouteConfig["responses"];
type Refusal = 400 | 403 | 404 | 409 | 412 | 422;
const always = [401, 413, 429, 503] as const;

/** A refusal in one sentence. */
export const detail = lazy(() =>
  z
    .object({ detail: z.string().openapi({ example: "Not authenticated" }) })
    .openapi("Detail", { description: "A refusal in one sentence." }),
);

const validation = lazy(() =>
  z
    .object({
      detail: z.union([
        z.array(
          z.object({
            type: z.string().openapi({ description: "pydantic's name of the fault.", example: "missing" }),
            loc: z
              .array(z.union([z.string(), z.int()]))
              .openapi({ description: "Where: path, query or body, then keys.", example: ["body", "slug"] }),
            msg: z.string().openapi({ example: "Field required" }),
            input: z.unknown().openapi({ description: "The value refused, or what it is missing from." }),
            ctx: z
              .record(z.string(), z.unknown())
              .optional()
              .openapi({ description: "What the rule says, such as its pattern." }),
          }),
        ),
        z.string().openapi({ description: "One sentence, where the request fits and yet cannot be done." }),
      ]),
    })
    .openapi("HTTPValidationError", { description: "Everything wrong with one request." }),
);

const sentences: Record<Refusal | (typeof always)[number], string> = {
  400: "The body cannot be read at all.",
  401: "No token, a bad one, or a user who is inactive.",
  403: "The role is missing, or the account is another's, or blocked.",
  404: "There is none.",
  409: "What is asked for is in the way of what is there.",
  412: "There is a newer version than `If-Match` names.",
  413: "The body is larger than 1 MiB; a logo, than 2 MiB.",
  422: "The request does not fit the operation, or its Idempotency-Key came with another one.",
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
      content: { "application/json": { schema: status === 422 ? validation() : detail() } },
    },
  ]);
  return { ...success, ...(Object.fromEntries(described) as Responses) };
}

/** The same of an operation that asks for no token. */
export function openResponses(success: Responses, ...refusals: Refusal[]): Responses {
  const { 401: _, ...rest } = responses(success, ...refusals);
  return rest;
}

/** A success with a JSON body. */
export function json(
  status: 200 | 201,
  description: string,
  schema: z.ZodType,
  example?: unknown,
): Responses {
  const content = { schema, ...(example === undefined ? {} : { example }) };
  return { [status]: { description, content: { "application/json": content } } };
}

/** A success whose body is the bytes of one of these media types. */
export function bytes(description: string, mediaTypes: readonly string[]): Responses {
  const schema = { type: "string", format: "binary" } as const;
  return { 200: { description, content: Object.fromEntries(mediaTypes.map((type) => [type, { schema }])) } };
}

/** A success without a body. */
export function empty(description: string): Responses {
  return { 204: { description } };
}
