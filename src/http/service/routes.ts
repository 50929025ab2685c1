/** What the service tells of itself: alive, ready, its document and the page that shows it. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";

import { configurationOf } from "../configuration.ts";
import type { AppContext, AppEnv } from "../app-env.ts";
import { entityTag, isKnown } from "../entity-tag.ts";
import { detail } from "../fastapi/answers.ts";
import { docsAsset, docsPage } from "./docs.ts";
import { inviteAsset, invitePage } from "./invite-page.ts";
import { readiness } from "./readiness.ts";

const tag = "Service";

function describe(
  id: string,
  path: string,
  summary: string,
  type: string,
  schema: z.ZodType,
  also: object = {},
) {
  return createRoute({
    method: "get",
    path,
    operationId: id,
    tags: [tag],
    summary,
    description: `${summary}. Open to anyone.`,
    security: [],
    responses: { 200: { description: summary, content: { [type]: { schema } } }, ...also },
  });
}

const statusSchema = z.object({ status: z.literal("ok") }).openapi("Health");
const readinessSchema = z
  .object({ status: z.enum(["ready", "degraded", "unready"]), parts: z.record(z.string(), z.string()) })
  .openapi("Readiness", {
    example: {
      status: "ready",
      parts: { configuration: "ok", database: "ok", usage: "ok", logos: "ok", mail: "ok" },
    },
  });
const rootSchema = z.object({ name: z.string(), docs: z.url(), openapi: z.url() }).openapi("Service");

/** The open operations; `document` writes the OpenAPI text of the whole app for an address. */
export function serviceRoutes(document: (publicUrl: string) => string): OpenAPIHono<AppEnv> {
  const service = new OpenAPIHono<AppEnv>();
  const documents = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly tag: string }>();
  /** The document and its tag, made when they are first asked for. */
  const documentOf = async (c: AppContext) => {
    const { publicUrl } = configurationOf(c.env).settings;
    const known = documents.get(publicUrl);
    if (known !== undefined) return known;
    const text = document(publicUrl);
    const written = { bytes: new Uint8Array(new TextEncoder().encode(text)), tag: await entityTag(1, text) };
    documents.set(publicUrl, written);
    return written;
  };

  service.openapi(
    describe("getHealth", "/healthz", "Whether it is alive", "application/json", statusSchema),
    (c) => c.json({ status: "ok" as const }, 200),
  );
  const unready = {
    503: { description: "A part is not ready", content: { "application/json": { schema: readinessSchema } } },
  };
  service.openapi(
    describe(
      "getReadiness",
      "/readyz",
      "Whether every part it needs answers",
      "application/json",
      readinessSchema,
      unready,
    ),
    readiness,
  );
  const unconfigured = {
    503: {
      description: "It is not configured; `/readyz` says what is wrong.",
      content: { "application/json": { schema: detail } },
    },
  };
  service.openapi(
    describe("getRoot", "/", "What this is", "application/json", rootSchema, unconfigured),
    (c) => {
      const { publicUrl } = configurationOf(c.env).settings;
      return c.json({ name: "Roster", docs: `${publicUrl}/docs`, openapi: `${publicUrl}/openapi.json` }, 200);
    },
  );
  service.openapi(
    describe(
      "getDocument",
      "/openapi.json",
      "This document",
      "application/json",
      z.record(z.string(), z.unknown()),
      { 304: { description: "It is as `If-None-Match` says the caller has it." }, ...unconfigured },
    ),
    async (c) => {
      const { bytes, tag: ETag } = await documentOf(c);
      const headers = { ETag, "Cache-Control": "public, max-age=300" };
      if (isKnown(c, ETag)) return c.body(null, 304, headers);
      return c.body(bytes, 200, { ...headers, "Content-Type": "application/json" });
    },
  );
  service.openapi(
    describe("getDocsPage", "/docs", "A readable page of this document", "text/html", z.string()),
    docsPage,
  );
  service.get("/docs/:file", docsAsset);
  service.openapi(
    describe(
      "getInvitePage",
      "/invite",
      "The page an invitation's link opens",
      "text/html",
      z.string(),
      unconfigured,
    ),
    invitePage,
  );
  service.get("/invite/:file", inviteAsset);
  for (const path of new Set(
    service.routes.filter(({ method }) => method === "GET").map((route) => route.path),
  )) {
    service.all(path, (c) => c.json({ detail: "Method Not Allowed" }, 405, { Allow: "GET, HEAD" }));
  }
  return service;
}
