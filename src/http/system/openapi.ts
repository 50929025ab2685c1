/** What the document tells of the open operations. */
import { type RouteConfig, z } from "@hono/zod-openapi";

import { detail } from "../fastapi/responses.ts";

type Responses = RouteConfig["responses"];

/** The routes of the service's own, made when the document is. */
export function systemRoutes(): RouteConfig[] {
  const health = z.object({ status: z.literal("ok") }).openapi("Health");
  const readiness = z
    .object({ status: z.enum(["ready", "degraded", "unready"]), parts: z.record(z.string(), z.string()) })
    .openapi("Readiness", {
      example: {
        status: "ready",
        parts: { configuration: "ok", database: "ok", usage: "ok", logos: "ok", mail: "ok" },
      },
    });
  const root = z.object({ name: z.string(), docs: z.url(), openapi: z.url() }).openapi("Service");
  const unready: Responses = { 503: { description: "A part is not ready", content: json(readiness) } };
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
    describe("getReadiness", "/readyz", "Whether every part it needs answers", json(readiness), unready),
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
