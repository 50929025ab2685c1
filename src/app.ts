import { Hono } from "hono";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";

import { ConfigError, getConfig } from "./config.ts";
import { accountsApi } from "./http/accounts/routes.ts";
import type { AppContext, AppEnv } from "./http/app-env.ts";
import { errorCodeHeader } from "./http/errors.ts";
import { notFound, refuse } from "./http/fastapi/errors.ts";
import { renderOpenApi } from "./http/openapi/document.ts";
import { operatorApi } from "./http/operator/routes.ts";
import { organizationsApi } from "./http/organizations/routes.ts";
import { bookmarkHeader } from "./http/read-replicas.ts";
import { requestLog } from "./http/request-log.ts";
import { systemApi } from "./http/system/routes.ts";
import { logUnexpected } from "./logging.ts";

export const app = new Hono<AppEnv>();

const crossOrigin = cors({
  origin: (origin, c: AppContext) => (isAllowedOrigin(c, origin) ? origin : null),
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
    errorCodeHeader,
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
    // Static assets come without it.
    headers.set("X-Request-Id", c.get("requestId"));
    const bookmark = c.get("session")?.getBookmark();
    if (bookmark != null) headers.set(bookmarkHeader, bookmark);
  }),
);
app.use(
  createMiddleware<AppEnv>(async (c, next) => {
    // Plain OPTIONS requests go to the API; requests without Origin get no CORS headers.
    const preflight = c.req.header("Access-Control-Request-Method") !== undefined;
    const skipCors = c.req.method === "OPTIONS" ? !preflight : c.req.header("Origin") === undefined;
    if (!skipCors) return crossOrigin(c, next);
    await next();
    c.res.headers.append("Vary", "Origin");
    return undefined;
  }),
);

const modules = [systemApi(openApiText), organizationsApi, accountsApi, operatorApi];
for (const module of modules) app.route("/", module.app);

/** Returns the OpenAPI document of all APIs as JSON text; `publicUrl` is the address of the service. */
export function openApiText(publicUrl: string): string {
  const routes = modules.flatMap((module) => module.routes());
  return renderOpenApi(routes, publicUrl);
}

app.notFound(notFound);
app.onError((error, c) => {
  logUnexpected(c.var, error);
  if (!(error instanceof ConfigError)) return refuse(c, "internal_error");
  return refuse(c, "not_configured", undefined, { "Retry-After": "60" });
});

/** Returns whether pages of the origin may call the service: none if the configuration is invalid. */
function isAllowedOrigin(c: AppContext, origin: string): boolean {
  try {
    return getConfig(c.env).corsOrigins.has(origin);
  } catch {
    return false;
  }
}
