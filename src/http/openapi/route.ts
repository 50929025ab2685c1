/** How an operation stands in the OpenAPI document: made when that is asked for, as nothing of it serves a request. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import type { Hono } from "hono";

import { operations } from "../../domain/permissions.ts";
import type { AppEnv } from "../app-env.ts";
import type { OperationContract } from "../surface.ts";
import { documentedSchema } from "./metadata.ts";

/** A part of the service: what answers its requests, and what the document tells of them. */
export interface ApiModule {
  readonly app: Hono<AppEnv>;
  readonly routes: () => RouteConfig[];
}

/** An operation of any face, whatever it takes. */
export type AnyContract = OperationContract<unknown, unknown, unknown>;

/** What the document tells of an operation of a face that reads bodies of these media types. */
export function toRouteConfig(contract: AnyContract, bodyTypes: readonly string[]): RouteConfig {
  const { id, method, path, tag, summary, description } = contract;
  const [params, query, body] = [contract.params?.(), contract.query?.(), contract.body?.()];
  const responses = contract.responses();
  const mediaTypes = contract.maxFileBytes === undefined ? bodyTypes : ["multipart/form-data"];
  const example = contract.bodyExample === undefined ? {} : { example: contract.bodyExample };
  const content = Object.fromEntries(
    mediaTypes.map((type) => [type, { schema: documentedSchema(body as z.ZodType), ...example }]),
  );
  const headers = headersOf(contract);
  return {
    method,
    path,
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: operations[id] === "open" ? [] : [{ bearer: [] }],
    request: {
      ...(Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) }),
      ...(params === undefined ? {} : { params: params as z.ZodObject }),
      ...(query === undefined ? {} : { query: query as z.ZodObject }),
      ...(body === undefined ? {} : { body: { content, required: true } }),
    },
    responses:
      contract.etag === true && method === "get"
        ? { ...responses, 304: { description: "It is as `If-None-Match` says the caller has it." } }
        : responses,
  };
}

function headersOf({
  idempotent,
  customIdempotency,
  etag,
  usesCurrentOrganization,
  method,
}: AnyContract): Record<string, z.ZodType> {
  return {
    ...(idempotent === true || customIdempotency === true ? { "Idempotency-Key": idempotencyKey() } : {}),
    ...(etag === true && method !== "get" ? { "If-Match": ifMatch() } : {}),
    ...(usesCurrentOrganization === true ? { "X-Organization": organization() } : {}),
  };
}

function idempotencyKey(): z.ZodType {
  return z.string().min(1).max(255).optional().openapi({
    description:
      "The same key with the same request, for 24 hours, is answered the same and done once; with another request 422.",
  });
}

function ifMatch(): z.ZodType {
  return z.string().optional().openapi({
    description: "The `ETag` of the version this change is meant for; 412 when there is a newer one.",
  });
}

function organization(): z.ZodType {
  return z.string().optional().openapi({
    description: "The current organization, by uuid or slug, where the query does not name it.",
  });
}
