import { getConfig } from "../../config.ts";
import { languages } from "../../domain/user.ts";
import type { AppContext } from "../app-env.ts";

/** The page loads only its own files, asks only this service, and shows logos from anywhere. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The page the link of an invitation opens. The same for everybody: the secret stands behind the `#`,
 * which browsers send to nobody, and the page itself takes it from there.
 */
export function invitePage(c: AppContext) {
  const { publicUrl, signInUrl } = getConfig(c.env).settings;
  return c.html(page(`${publicUrl}/invite`, signInUrl ?? ""), 200, { "Content-Security-Policy": policy });
}

/** The languages of the page, by the names of their translations. */
const codes = languages.map((language) => language.toLowerCase());

const files = new Set(["page.css", "page.js", ...codes.map((code) => `${code}.json`)]);

/** The page's own files, out of the worker's static assets. */
export async function inviteAsset(c: AppContext): Promise<Response> {
  const file = c.req.param("file") ?? "";
  if (!files.has(file)) return c.json({ detail: "Not Found" }, 404);
  const asset = await c.env.ASSETS.fetch(new URL(`/invite/${file}`, c.req.url), {
    headers: c.req.raw.headers,
  });
  const answer = new Response(asset.body, asset);
  answer.headers.set("Content-Security-Policy", policy);
  answer.headers.set("Cache-Control", "public, max-age=300");
  return answer;
}

function page(returnTo: string, signInUrl: string): string {
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
    <main id="page" aria-live="polite" data-languages="${codes.join(" ")}" data-return-to="${attribute(returnTo)}" data-sign-in-url="${attribute(signInUrl)}">
      <h1>Invitation</h1>
      <noscript><p>This page needs JavaScript, as what you are invited to stands in the part of the link that only your browser sees. You can also sign in to the product with the invited address and accept there.</p></noscript>
    </main>
  </body>
</html>
`;
}

/** An address as the value of an attribute; it is the operator's, and yet no reason to trust its quotes. */
function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
