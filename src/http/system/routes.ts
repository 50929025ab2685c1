/** What the service tells of itself: alive, ready, its document and the page that shows it. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import { Hono } from "hono";

import { getConfig } from "../../config.ts";
import type { AppContext, AppEnv } from "../app-env.ts";
import { computeEtag, matchesIfNoneMatch } from "../etag.ts";
import { detail } from "../fastapi/responses.ts";
import type { ApiModule } from "../openapi/document.ts";
import { docsAsset, docsPage, inviteAsset, invitePage } from "./pages.ts";
import { readiness } from "./readiness.ts";

/** The open operations; `document` writes the OpenAPI text of the whole app for an address. */
export function systemApi(document: (publicUrl: string) => string): ApiModule {
  const service = new Hono<AppEnv>();
  const documents = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly tag: string }>();
  /** The document and its tag, made when they are first asked for. */
  const documentOf = async (c: AppContext) => {
    const { publicUrl } = getConfig(c.env);
    const known = documents.get(publicUrl);
    if (known !== undefined) return known;
    const text = document(publicUrl);
    const written = {
      bytes: new Uint8Array(new TextEncoder().encode(text)),
      tag: await computeEtag(1, text),
    };
    documents.set(publicUrl, written);
    return written;
  };

  service.get("/healthz", (c) => c.json({ status: "ok" }, 200));
  service.get("/readyz", readiness);
  service.get("/", (c) => {
    const { publicUrl } = getConfig(c.env);
    return c.json({ name: "Roster", docs: `${publicUrl}/docs`, openapi: `${publicUrl}/openapi.json` }, 200);
  });
  service.get("/openapi.json", async (c) => {
    const { bytes, tag: ETag } = await documentOf(c);
    const headers = { ETag, "Cache-Control": "public, max-age=300" };
    if (matchesIfNoneMatch(c, ETag)) return c.body(null, 304, headers);
    return c.body(bytes, 200, { ...headers, "Content-Type": "application/json" });
  });
  service.get("/docs", docsPage);
  service.get("/docs/:file", docsAsset);
  service.get("/invite", invitePage);
  service.get("/invite/:file", inviteAsset);
  for (const path of new Set(
    service.routes.filter(({ method }) => method === "GET").map((route) => route.path),
  )) {
    service.all(path, (c) => c.json({ detail: "Method Not Allowed" }, 405, { Allow: "GET, HEAD" }));
  }
  return { app: service, routes: systemRoutes };
}

type Responses = RouteConfig["responses"];

/** The routes of the service's own, made when the document is. */
export function systemRoutes(): RouteConfig[] {
  const health = z.object({ status: z.literal("ok") }).openapi("Health");
  const readinessSchema = z
    .object({ status: z.enum(["ready", "degraded", "unready"]), parts: z.record(z.string(), z.string()) })
    .openapi("Readiness", {
      example: {
        status: "ready",
        parts: { configuration: "ok", database: "ok", usage: "ok", logos: "ok", mail: "ok" },
      },
    });
  const root = z.object({ name: z.string(), docs: z.url(), openapi: z.url() }).openapi("Service");
  const unready: Responses = { 503: { description: "A part is not ready", content: json(readinessSchema) } };
  const not_configured: Responses = {
    503: {
      description: "It is not configured; `/readyz` says what is wrong.",
      content: json(detail()),
    },
  };
  const known: Responses = { 304: { description: "It is as `If-None-Match` says the caller has it." } };
  const document = z.record(z.string(), z.unknown());
  const page = { "text/html": { schema: z.string() } };
  return [
    describe("getHealth", "/healthz", "Whether it is alive", json(health)),
    describe(
      "getReadiness",
      "/readyz",
      "Whether every part it needs answers",
      json(readinessSchema),
      unready,
    ),
    describe("getRoot", "/", "What this is", json(root), not_configured),
    describe("getDocument", "/openapi.json", "This document", json(document), {
      ...known,
      ...not_configured,
    }),
    describe("getDocsPage", "/docs", "A readable page of this document", page),
    describe("getInvitePage", "/invite", "The page an invitation's link opens", page, not_configured),
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
    description: `${summary}. Open to anyone.`,
    security: [],
    responses: { 200: { description: summary, content }, ...also },
  };
}
