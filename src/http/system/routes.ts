/** Open operations of the service itself: health, readiness, the OpenAPI document and the pages. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import { sql } from "drizzle-orm";
import { Hono } from "hono";

import { ConfigError, getConfig } from "../../config.ts";
import { logUnexpected } from "../../logging.ts";
import { openDatabase } from "../../storage/database.ts";
import type { AppContext, AppEnv } from "../app-env.ts";
import type { ApiModule } from "../contract.ts";
import { computeEtag, matchesIfNoneMatch } from "../etag.ts";
import { methodNotAllowed } from "../fastapi/errors.ts";
import { detail } from "../fastapi/responses.ts";
import { errorResponseHeaders, notModified } from "../openapi/document.ts";
import { docsAsset, docsPage, inviteAsset, invitePage } from "./pages.ts";

/** Returns the open operations. `renderDocument` returns the OpenAPI document for an address as text. */
export function systemApi(renderDocument: (publicUrl: string) => string): ApiModule {
  const app = new Hono<AppEnv>();
  const documents = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly tag: string }>();
  /** Returns the document and its tag; they are built on the first request. */
  const getDocument = async (c: AppContext) => {
    const { publicUrl } = getConfig(c.env);
    const known = documents.get(publicUrl);
    if (known !== undefined) return known;
    const text = renderDocument(publicUrl);
    const bytes = new Uint8Array(new TextEncoder().encode(text));
    const document = { bytes, tag: await computeEtag(1, text) };
    documents.set(publicUrl, document);
    return document;
  };

  app.get("/healthz", (c) => c.json({ status: "ok" }, 200));
  app.get("/readyz", (c) => readiness(c));
  app.get("/", (c) => {
    const { publicUrl } = getConfig(c.env);
    return c.json({ name: "Roster", docs: `${publicUrl}/docs`, openapi: `${publicUrl}/openapi.json` }, 200);
  });
  app.get("/openapi.json", async (c) => {
    const { bytes, tag: ETag } = await getDocument(c);
    const headers = { ETag, "Cache-Control": "public, max-age=300" };
    if (matchesIfNoneMatch(c, ETag)) return c.body(null, 304, headers);
    return c.body(bytes, 200, { ...headers, "Content-Type": "application/json" });
  });
  app.get("/docs", docsPage);
  app.get("/docs/:file", docsAsset);
  app.get("/invite", invitePage);
  app.get("/invite/:file", inviteAsset);
  for (const path of new Set(
    app.routes.filter(({ method }) => method === "GET").map((route) => route.path),
  )) {
    app.all(path, (c) => methodNotAllowed(c, ["GET", "HEAD"]));
  }
  return { app, routes: systemRoutes };
}

type Responses = RouteConfig["responses"];

/** Returns the entries of the OpenAPI document. */
function systemRoutes(): RouteConfig[] {
  const healthSchema = z.object({ status: z.literal("ok") }).openapi("Health");
  const readinessSchema = z
    .object({ status: z.enum(["ready", "degraded", "unready"]), parts: z.record(z.string(), z.string()) })
    .openapi("Readiness", {
      example: {
        status: "ready",
        parts: { configuration: "ok", database: "ok", usage: "ok", logos: "ok", mail: "ok" },
      },
    });
  const serviceSchema = z.object({ name: z.string(), docs: z.url(), openapi: z.url() }).openapi("Service");
  const document = z.record(z.string(), z.unknown());
  const page = { "text/html": { schema: z.string() } };
  const unready: Responses = {
    503: { description: "A part of the service is not ready.", content: json(readinessSchema) },
  };
  const notConfigured: Responses = {
    503: {
      description: "The service is not configured; `/readyz` has the reason.",
      headers: errorResponseHeaders,
      content: json(detail()),
    },
  };
  return [
    describe("getHealth", "/healthz", "Liveness check", json(healthSchema)),
    describe("getReadiness", "/readyz", "Readiness check", json(readinessSchema), unready),
    describe("getRoot", "/", "Service info", json(serviceSchema), notConfigured),
    describe("getDocument", "/openapi.json", "OpenAPI document", json(document), {
      304: notModified,
      ...notConfigured,
    }),
    describe("getDocsPage", "/docs", "Documentation page", page),
    describe("getInvitePage", "/invite", "Invitation page", page, notConfigured),
  ];
}

function json(schema: z.ZodType) {
  return { "application/json": { schema } };
}

function describe(
  id: string,
  path: string,
  summary: string,
  content: Readonly<Record<string, { schema: z.ZodType }>>,
  also: Responses = {},
): RouteConfig {
  return {
    method: "get",
    path,
    operationId: id,
    tags: ["Service"],
    summary,
    description: `${summary}. Needs no credentials.`,
    security: [],
    responses: { 200: { description: summary, content }, ...also },
  };
}

/** Without these parts no request succeeds; without another one only some requests fail. */
const requiredParts: ReadonlySet<string> = new Set(["configuration", "database"]);

/** How long a result is cached, in milliseconds: the endpoint is open, and the checks have a cost. */
const cacheTime = 2_000;
const cache = new WeakMap<object, { readonly until: number; readonly parts: Parts }>();

type Parts = Readonly<Record<string, string>>;

/**
 * Checks each part of the service. Responds `ready` if all parts work, `degraded` if a part fails that
 * only some requests need, else `unready` with 503. Mail does not affect the status.
 */
async function readiness(c: AppContext) {
  const parts = await checkParts(c);
  const failed = Object.keys(parts).filter((part) => parts[part] !== "ok" && part !== "mail");
  if (failed.some((part) => requiredParts.has(part))) {
    return c.json({ status: "unready" as const, parts }, 503, { "Retry-After": "5" });
  }
  return c.json({ status: failed.length === 0 ? ("ready" as const) : ("degraded" as const), parts }, 200);
}

async function checkParts(c: AppContext): Promise<Parts> {
  const now = Date.now();
  const cached = cache.get(c.env);
  if (cached !== undefined && now < cached.until) return cached.parts;
  const [database, usage, logos] = await Promise.all([checkDatabase(c), checkUsage(c), checkLogos(c)]);
  const parts = { configuration: checkConfiguration(c), database, usage, logos, mail: checkMail(c) };
  cache.set(c.env, { until: now + cacheTime, parts });
  return parts;
}

function checkConfiguration(c: AppContext): string {
  try {
    getConfig(c.env);
    return "ok";
  } catch (error) {
    return error instanceof ConfigError ? error.message : "cannot be read";
  }
}

function checkMail(c: AppContext): string {
  try {
    if (getConfig(c.env).mailFrom !== undefined) return "ok";
    return "off: MAIL_FROM is not set, so invitations are stored but not mailed";
  } catch {
    return "unknown";
  }
}

/** Checks the database and its migrations, which insert the counters. */
async function checkDatabase(c: AppContext): Promise<string> {
  try {
    const rows = await openDatabase(c.env.DB).all(sql`select name from counters`);
    return rows.length > 0 ? "ok" : "empty: apply the migrations";
  } catch (error) {
    logUnexpected(c.var, error);
    return "unreachable, or the migrations are missing";
  }
}

/** Calls an object that belongs to no account. It stores nothing. */
async function checkUsage(c: AppContext): Promise<string> {
  try {
    await c.env.USAGE.get(c.env.USAGE.idFromName("readyz")).state(Date.now());
    return "ok";
  } catch (error) {
    logUnexpected(c.var, error);
    return "unreachable: usage cannot be recorded or read";
  }
}

async function checkLogos(c: AppContext): Promise<string> {
  try {
    await c.env.LOGOS.head("readyz");
    return "ok";
  } catch (error) {
    logUnexpected(c.var, error);
    return "unreachable: logos cannot be stored or shown";
  }
}
