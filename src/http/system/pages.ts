/** The two HTML pages of the service: the readable OpenAPI document and the page of an invitation. */
import { getConfig } from "../../config.ts";
import { languages } from "../../domain/user.ts";
import type { AppContext } from "../app-env.ts";
import { notFound } from "../fastapi/errors.ts";

/** Swagger UI sets inline styles, so the docs page has to allow them. */
const docsPolicy = contentSecurityPolicy("style-src 'self' 'unsafe-inline'");
const invitePolicy = contentSecurityPolicy("style-src 'self'");

const docsHtml = `<!doctype html>
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

/** Swagger UI does not persist the token: it stays in the page's memory. */
const docsScript = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;

const docsFiles = new Set(["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]);

/** Languages of the invite page, as the names of their translation files. */
const languageCodes = languages.map((language) => language.toLowerCase());
const inviteFiles = new Set(["page.css", "page.js", ...languageCodes.map((code) => `${code}.json`)]);

/** Returns the page that shows the OpenAPI document. */
export function docsPage(c: AppContext) {
  return c.html(docsHtml, 200, { "Content-Security-Policy": docsPolicy });
}

/** Returns one of the files that the docs page loads. */
export async function docsAsset(c: AppContext): Promise<Response> {
  const file = c.req.param("file") ?? "";
  if (file === "start.js") {
    return c.body(docsScript, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      "Content-Security-Policy": docsPolicy,
    });
  }
  if (!docsFiles.has(file)) return notFound(c);
  return staticAsset(c, `/docs/${file}`, docsPolicy, 3600);
}

/**
 * Returns the page that an invitation's link opens. It is the same for everybody: browsers do not send
 * the secret, which follows the `#`, and the page's script reads it there.
 */
export function invitePage(c: AppContext) {
  const { publicUrl, signInUrl } = getConfig(c.env);
  const html = inviteHtml(`${publicUrl}/invite`, signInUrl ?? "");
  return c.html(html, 200, { "Content-Security-Policy": invitePolicy });
}

/** Returns one of the files that the invite page loads. */
export async function inviteAsset(c: AppContext): Promise<Response> {
  const file = c.req.param("file") ?? "";
  if (!inviteFiles.has(file)) return notFound(c);
  return staticAsset(c, `/invite/${file}`, invitePolicy, 300);
}

/** Returns a static asset of the Worker; `maxAge` in seconds. */
async function staticAsset(c: AppContext, path: string, policy: string, maxAge: number): Promise<Response> {
  const asset = await c.env.ASSETS.fetch(new URL(path, c.req.url), { headers: c.req.raw.headers });
  const response = new Response(asset.body, asset);
  response.headers.set("Content-Security-Policy", policy);
  response.headers.set("Cache-Control", `public, max-age=${maxAge}`);
  return response;
}

/** Returns a policy that lets a page load its own files, call only this service, and show `data:` images. */
function contentSecurityPolicy(styles: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    styles,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function inviteHtml(returnTo: string, signInUrl: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>Invitation</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/invite/page.css">
    <script type="module" src="/invite/page.js"></script>
  </head>
  <body>
    <main id="page" aria-live="polite" data-languages="${languageCodes.join(" ")}" data-return-to="${escapeAttribute(returnTo)}" data-sign-in-url="${escapeAttribute(signInUrl)}">
      <h1>Invitation</h1>
      <noscript><p>This page needs JavaScript to read the invitation from the link. Without it, sign in to the product with the invited e-mail address and accept the invitation there.</p></noscript>
    </main>
  </body>
</html>
`;
}

/** Escapes text for a double-quoted attribute. */
function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
