/** Open operations of the service itself: health, readiness, the OpenAPI document and the pages. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import { Hono } from "hono";

import { getConfig } from "../../config.ts";
import type { AppContext, AppEnv } from "../app-env.ts";
import type { ApiModule } from "../contract.ts";
import { computeEtag, matchesIfNoneMatch } from "../etag.ts";
import { methodNotAllowed } from "../fastapi/errors.ts";
import { detail } from "../fastapi/responses.ts";
import { errorResponseHeaders, notModified } from "../openapi/document.ts";
import { docsAsset, docsPage, inviteAsset, invitePage } from "./pages.ts";
import { readiness } from "./readiness.ts";

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
  app.get("/readyz", readiness);
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
