import { z } from "@hono/zod-openapi";

import { findLoginRoute } from "../../services/users/login.ts";
import { authenticateBeforeRejecting } from "../authenticate.ts";
import { emailField } from "../django/fields.ts";
import { json, responses } from "../django/responses.ts";
import { operation } from "../django/surface.ts";
import { limitLogins } from "../rate-limit.ts";
import { lazy, withSchemaName } from "../schema.ts";

const example = {
  params:
    "?login_hint=eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ0eXBlIjoib3JnYW5pemF0aW9uIiwib3JnYW5pemF0aW9uIjp7InJvdXRlIjoiYWNtZSJ9fQ.&email=ada%40example.com",
};
const loginSchema = lazy(() =>
  z
    .object({
      params: z.string().openapi({ description: "Query to append to the URL of the login page." }),
    })
    .openapi("LoginUrl", { example }),
);
const loginBody = lazy(() =>
  withSchemaName("LoginUrlBody", z.object({ email: emailField() }), { required: ["email"] }),
);

operation(
  {
    id: "getLoginUrl",
    method: "post",
    path: "/accounts/login_url/",
    tag: "Login",
    rateLimit: limitLogins,
    summary: "Get sign-in parameters",
    description:
      "Returns a login hint if exactly one user has the e-mail address and is a member of exactly one organization. Otherwise returns the route where the user enters the organization manually. Without `login:read`, only the caller's own verified address gets a hint.",
    body: loginBody,
    bodyExample: { email: "ada@example.com" },
    responses: () => responses(json(200, "Parameters of the login page.", loginSchema()), 415),
  },
  async (ctx, { body }, c) => {
    const { email } = await authenticateBeforeRejecting(ctx, body);
    const route = await findLoginRoute(ctx, email);
    const params = route === undefined ? ctx.settings.loginManualEntryRoute : loginParams(route, email);
    return c.json({ params }, 200);
  },
);

/** Returns the query of the login page. The hint is an unsigned JWT with an empty signature; it proves nothing. */
function loginParams(route: string, email: string): string {
  const header = base64url({ typ: "JWT", alg: "HS256" });
  const payload = base64url({ type: "organization", organization: { route } });
  return `?login_hint=${header}.${payload}.&email=${encodeURIComponent(email)}`;
}

function base64url(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
