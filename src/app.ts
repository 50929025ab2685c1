import { Hono } from "hono";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";

import { ConfigError, getConfig } from "./config.ts";
import { accountsApi } from "./http/accounts/routes.ts";
import type { AppContext, AppEnv } from "./http/app-env.ts";
import { renderOpenApi } from "./http/openapi/document.ts";
import { operatorApi } from "./http/operator/routes.ts";
import { organizationsApi } from "./http/organizations/routes.ts";
import { bookmarkHeader } from "./http/read-replicas.ts";
import { requestLog } from "./http/request-log.ts";
import { systemApi } from "./http/system/routes.ts";
import { logUnexpected } from "./logging.ts";

export const app = new Hono<AppEnv>();

const crossOrigin = cors({
  origin: (origin, c: AppContext) => (mayCall(c, origin) ? origin : null),
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    bookmarkHeader,
    "X-Organization",
    "X-Request-Id",
  ],
  exposeHeaders: [
    "Allow",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    bookmarkHeader,
    "X-Request-Id",
  ],
  maxAge: 600,
});

app.use(requestId());
app.use(requestLog);
app.use(secureHeaders());
app.use(
  createMiddleware<AppEnv>(async (c, next) => {
    await next();
    const { headers } = c.res;
    if (!headers.has("Content-Security-Policy")) {
      headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
    // An answer that was not made here, such as a file's, comes without.
    headers.set("X-Request-Id", c.get("requestId"));
    const bookmark = c.get("session")?.getBookmark();
    if (bookmark != null) headers.set(bookmarkHeader, bookmark);
  }),
);
app.use(
  createMiddleware<AppEnv>(async (c, next) => {
    // An OPTIONS that is no preflight belongs to its face, and who comes from no page is allowed nothing.
    const preflight = c.req.header("Access-Control-Request-Method") !== undefined;
    const toFace = c.req.method === "OPTIONS" ? !preflight : c.req.header("Origin") === undefined;
    if (!toFace) return crossOrigin(c, next);
    await next();
    c.res.headers.append("Vary", "Origin");
    return undefined;
  }),
);

const parts = [systemApi(openApiText), organizationsApi, accountsApi, operatorApi];
for (const part of parts) app.route("/", part.app);

/** The OpenAPI document of everything served here, as JSON text, for a service at this address. */
export function openApiText(publicUrl: string): string {
  const routes = parts.flatMap((part) => part.routes());
  return renderOpenApi(routes, publicUrl);
}

app.notFound((c) => c.json({ detail: "Not Found" }, 404));
app.onError((error, c) => {
  logUnexpected(c.var, error);
  if (error instanceof ConfigError) {
    return c.json({ detail: "The service is not configured" }, 503, { "Retry-After": "60" });
  }
  return c.json({ detail: "Internal Server Error" }, 500);
});

/** Whether pages of an origin may call; while the configuration is wrong none may, and all else is told where it belongs. */
function mayCall(c: AppContext, origin: string): boolean {
  try {
    return getConfig(c.env).corsOrigins.has(origin);
  } catch {
    return false;
  }
}
