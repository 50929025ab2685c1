import type { OpenAPIHono } from "@hono/zod-openapi";

import type { AppEnv } from "../app-env.ts";

const about = `The accounts service a product puts at the edge: organizations, members, invitations, plans and
exactly counted usage. One set of data under two published APIs: \`/accounts/…/\` with Django REST
framework's manners and \`/api/v1/…\` with FastAPI's. An *organization* and an *account* are the same thing.

Sign in with \`Authorization: Bearer <token>\`: a JWT of an issuer this service is configured with.`;

const tags = [
  { name: "Organizations", description: "Accounts on the organizations face." },
  { name: "Accounts", description: "Accounts on the accounts face." },
  { name: "Authenticated user", description: "The signed-in user." },
  { name: "Zones", description: "Where accounts can be placed." },
  { name: "Service", description: "The service itself; no token needed." },
];

/** The OpenAPI 3.1 document of everything the app serves, as JSON text. */
export function writeDocument(app: OpenAPIHono<AppEnv>, publicUrl: string): string {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Roster",
      version: "0.1.0",
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
