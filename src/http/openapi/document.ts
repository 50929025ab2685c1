/** How an operation stands in the OpenAPI document: made when that is asked for, as nothing of it serves a request. */
import { OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Hono } from "hono";

import { operations } from "../../domain/permissions.ts";
import type { AppEnv } from "../app-env.ts";
import { documentedSchema } from "../schema.ts";
import { version } from "../../version.ts";
import type { OperationContract } from "../surface.ts";

const about = `The accounts service a product puts at the edge: organizations, members, invitations, plans and
exactly counted usage. One set of data under two published APIs: \`/accounts/…/\` with Django REST
framework's manners and \`/api/v1/…\` with FastAPI's; \`/api/manage/…\` is its operator's. An *organization* and an *account* are the same thing.

Sign in with \`Authorization: Bearer <token>\`: a JWT of an issuer this service is configured with.`;

const tags = [
  { name: "Organizations", description: "Accounts on the organizations face." },
  { name: "Users", description: "Users, and what owners may do about them." },
  { name: "Groups", description: "Groups of users, and what each grants on every organization." },
  { name: "Analysts", description: "Members of organizations as analysts, and their consent." },
  { name: "Invitations", description: "Invitations into an organization that are still pending." },
  { name: "Login", description: "Where an address signs in." },
  { name: "Portal", description: "Where an organization's portal is." },
  { name: "Accounts", description: "Accounts on the accounts face." },
  { name: "Logos", description: "An account's logo: a still PNG, JPEG or WebP." },
  { name: "Members", description: "Members of an account and their roles." },
  { name: "Invites", description: "Invites into an account, and those one has received." },
  { name: "Usage", description: "What an account used, counted exactly." },
  { name: "Audit", description: "What was changed, by whom and when." },
  { name: "Authenticated user", description: "The signed-in user." },
  { name: "Zones", description: "Where accounts can be placed." },
  { name: "Operator", description: "What the operator sets: plans, limits, blocks, zones, users." },
  { name: "Service", description: "The service itself; no token needed." },
];

/** The OpenAPI 3.1 document of these routes, as JSON text. */
export function renderOpenApi(routes: readonly RouteConfig[], publicUrl: string): string {
  // It serves nothing: it is what writes documents.
  const writer = new OpenAPIHono();
  for (const route of routes) writer.openAPIRegistry.registerPath(route);
  const document = writer.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Roster",
      version,
      description: about,
    },
    servers: [{ url: publicUrl, description: "This service" }],
    tags,
  });
  document.components = {
    ...document.components,
    securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
  };
  return JSON.stringify(document);
}

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
