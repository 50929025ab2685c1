import type { AppContext } from "../app-env.ts";

/** The page loads only its own files, and asks only this service; Swagger UI needs inline styles. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Roster API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="page"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** The token stays in the page's memory: nothing is kept in the browser. */
const start = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;

/** The page that shows the OpenAPI document. */
export function docsPage(c: AppContext) {
  return c.html(page, 200, { "Content-Security-Policy": policy });
}

const files = new Set(["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]);

/** The page's own files, out of the worker's static assets. */
export async function docsAsset(c: AppContext): Promise<Response> {
  const file = c.req.param("file") ?? "";
  if (file === "start.js") {
    return c.body(start, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      "Content-Security-Policy": policy,
    });
  }
  if (!files.has(file)) return c.json({ detail: "Not Found" }, 404);
  const asset = await c.env.ASSETS.fetch(new URL(`/docs/${file}`, c.req.url), { headers: c.req.raw.headers });
  const answer = new Response(asset.body, asset);
  answer.headers.set("Content-Security-Policy", policy);
  answer.headers.set("Cache-Control", "public, max-age=3600");
  return answer;
}
