/** What the service tells of itself: alive, ready, its document and the page that shows it. */
import { Hono } from "hono";

import { getConfig } from "../../config.ts";
import type { AppContext, AppEnv } from "../app-env.ts";
import { computeEtag, matchesIfNoneMatch } from "../etag.ts";
import type { ApiModule } from "../openapi/route.ts";
import { docsAsset, docsPage } from "./docs.ts";
import { inviteAsset, invitePage } from "./invite-page.ts";
import { systemRoutes } from "./openapi.ts";
import { readiness } from "./readiness.ts";

/** The open operations; `document` writes the OpenAPI text of the whole app for an address. */
export function systemApi(document: (publicUrl: string) => string): ApiModule {
  const service = new Hono<AppEnv>();
  const documents = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly tag: string }>();
  /** The document and its tag, made when they are first asked for. */
  const documentOf = async (c: AppContext) => {
    const { publicUrl } = getConfig(c.env).settings;
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
    const { publicUrl } = getConfig(c.env).settings;
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
