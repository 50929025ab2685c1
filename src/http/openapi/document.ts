import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";

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
