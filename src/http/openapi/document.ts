/** Builds the OpenAPI document. Nothing here is needed to serve other requests. */
import { OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";

import { operations } from "../../domain/permissions.ts";
import { version } from "../../version.ts";
import type { AnyContract } from "../contract.ts";
import { errorCodeHeader } from "../errors.ts";
import { documentedSchema } from "../schema.ts";

const about = `The accounts service at the edge: organizations, members, invitations, plans and exactly counted
usage. An *organization* and an *account* are the same thing, available under two published APIs: the organizations
API \`/accounts/…/\` follows Django REST framework, the accounts API \`/api/v1/…\` follows FastAPI. The operator API is
\`/api/manage/…\`.

Authenticate with \`Authorization: Bearer <token>\`: a JWT of a configured issuer, or a personal access token.

Every error response has a stable code in the header \`${errorCodeHeader}\`; docs/errors.md lists the codes.`;

const tags = [
  { name: "Organizations", description: "Accounts in the organizations API." },
  { name: "Users", description: "Users, and how owners manage them." },
  { name: "Groups", description: "Groups of users, and the permissions they grant on every organization." },
  { name: "Analysts", description: "Members of organizations as analysts, and their consent." },
  { name: "Invitations", description: "Pending invitations to an organization." },
  { name: "Login", description: "How a user signs in." },
  { name: "Portal", description: "The portal of an organization." },
  { name: "Accounts", description: "Accounts in the accounts API." },
  { name: "Logos", description: "An account's logo: a still PNG, JPEG or WebP image." },
  { name: "Members", description: "Members of an account and their roles." },
  { name: "Invites", description: "Invitations to an account, and invitations that the caller received." },
  { name: "Usage", description: "Usage of an account, counted exactly." },
  { name: "Audit", description: "Changes, with their actors and times." },
  { name: "Authenticated user", description: "The signed-in user." },
  { name: "Zones", description: "Locations for accounts." },
  { name: "Operator", description: "Plans, limits, blocks, zones and users, managed by the operator." },
  { name: "Service", description: "The service itself. No credentials needed." },
];

/** Returns the OpenAPI 3.1 document of the routes as JSON text. */
export function renderOpenApi(routes: readonly RouteConfig[], publicUrl: string): string {
  // This app serves no requests; it is the generator of the document.
  const generator = new OpenAPIHono();
  for (const route of routes) generator.openAPIRegistry.registerPath(route);
  const document = generator.getOpenAPI31Document({
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
    headers: {
      ErrorCode: {
        description: "Stable code of the error; docs/errors.md lists the codes.",
        schema: { type: "string", example: "token_invalid" },
      },
    },
    securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
  };
  return JSON.stringify(document);
}

/** The headers of an error response in the OpenAPI document. */
export const errorResponseHeaders = { [errorCodeHeader]: { $ref: "#/components/headers/ErrorCode" } };

/** Returns an operation's entry in the OpenAPI document, for an API that reads bodies of these media types. */
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
    responses: contract.etag === true && method === "get" ? { ...responses, 304: notModified } : responses,
  };
}

export const notModified = { description: "Not modified." };

/** Returns the schemas of the request headers that an operation accepts. */
function headersOf(contract: AnyContract): Record<string, z.ZodType> {
  const { idempotent, customIdempotency, etag, usesCurrentOrganization, method } = contract;
  return {
    ...(idempotent === true || customIdempotency === true
      ? { "Idempotency-Key": z.string().min(1).max(255).optional().openapi(idempotencyKey) }
      : {}),
    ...(etag === true && method !== "get" ? { "If-Match": z.string().optional().openapi(ifMatch) } : {}),
    ...(usesCurrentOrganization === true
      ? { "X-Organization": z.string().optional().openapi(organization) }
      : {}),
  };
}

const idempotencyKey = {
  description:
    "A key that identifies this request for 24 hours. Repeating the request with the same key returns the original response and changes nothing. The same key with a different request is an error (422).",
};
const ifMatch = {
  description: "The `ETag` of the version to change. If there is a newer version, the response is 412.",
};
const organization = {
  description: "The current organization, by uuid or slug. The query parameter takes precedence.",
};
