/** The invitation page and its files, as the worker serves them. */
import { describe, expect, it } from "vitest";

import { languages } from "../../../src/domain/user.ts";
import { readTranslation } from "../../support/translations.ts";
import { anonymous, publicUrl } from "../../support/fixtures.ts";
import { workerWith } from "../../support/worker.ts";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const codes = languages.map((language) => language.toLowerCase());
const assets = [
  { file: "page.css", type: "text/css" },
  { file: "page.js", type: "text/javascript" },
  ...codes.map((code) => ({ file: `${code}.json`, type: "application/json" })),
];

describe("/invite", () => {
  it("/invite is a page that loads only its own files and sends no referrer", async () => {
    const { status, headers, text } = await anonymous.get("/invite");
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": expect.stringMatching(/^text\/html/),
      "content-security-policy": policy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(text).not.toMatch(/<script(?![^>]* src=")|<style|\son\w+=|\sstyle=|javascript:/i);
    const loaded = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(loaded).toEqual(["/docs/favicon-32x32.png", "/invite/page.css", "/invite/page.js"]);
    expect(text).toContain("<noscript>");
    expect(text).toContain('<html lang="en">');
  });

  it("/invite is the same for every caller, query and header", async () => {
    const { text } = await anonymous.get("/invite");
    const headers = { Authorization: "Bearer nonsense", "Accept-Language": "de", Host: "evil.test" };
    expect((await anonymous.get("/invite?token=secret&x=<script>", { headers })).text).toBe(text);
  });

  it("/invite answers GET and HEAD only", async () => {
    expect((await anonymous.send("HEAD", "/invite")).status).toBe(200);
    const posted = await anonymous.post("/invite", { token: "x" });
    expect([posted.status, posted.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("the page's files", () => {
  it.each(assets)("$file is served as $type", async ({ file, type }) => {
    const { status, headers, text } = await anonymous.get(`/invite/${file}`);
    expect(status).toBe(200);
    expect(headers.get("Content-Type")).toMatch(new RegExp(`^${type}`));
    expect(headers.get("Content-Security-Policy")).toBe(policy);
    expect(text.length).toBeGreaterThan(100);
  });

  it("the page's files never create HTML from text, and request this service only [R56]", async () => {
    const { text } = await anonymous.get("/invite/page.js");
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\//);
  });

  it("the page's files include the translations that the mails use, and the page lists their languages", async () => {
    expect((await anonymous.get("/invite")).text).toContain(`data-languages="${codes.join(" ")}"`);
    for (const language of languages) {
      const { text } = await anonymous.get(`/invite/${language.toLowerCase()}.json`);
      expect(JSON.parse(text)).toEqual(await readTranslation(language));
    }
  });

  it.each(["/invite/nothing.js", "/invite/xx.json", "/invite/..%2fdocs%2fLICENSE", "/invite/page.js/x"])(
    "%s does not exist",
    async (path) => {
      expect((await anonymous.get(path)).status).toBe(404);
    },
  );
});

describe("SIGN_IN_URL", () => {
  const signInOf = (text: string) => /data-sign-in-url="([^"]*)"/.exec(text)?.[1];

  it("SIGN_IN_URL is the sign-in link of the page, which returns to this page at PUBLIC_URL", async () => {
    const worker = workerWith({ SIGN_IN_URL: 'https://app.test/login?from=mail&x="><script>' });
    const { text } = await anonymous.via(worker).get("/invite");
    expect(signInOf(text)).toBe("https://app.test/login?from=mail&amp;x=%22%3E%3Cscript%3E");
    expect(text).toContain(`data-return-to="${publicUrl}/invite"`);
    expect(signInOf((await anonymous.get("/invite")).text)).toBe("");
  });

  it.each(["app.test/login", "javascript:alert(1)", "https://app.test/#login"])(
    "%s makes /readyz report SIGN_IN_URL as invalid",
    async (value) => {
      const answer = await anonymous.via(workerWith({ SIGN_IN_URL: value })).get("/readyz");
      expect([answer.status, answer.body.parts.mail]).toEqual([503, "unknown"]);
      expect(answer.body.parts.configuration).toContain("SIGN_IN_URL");
    },
  );
});

describe("/readyz", () => {
  it("/readyz is ready with and without MAIL_FROM, and reports whether mails are sent", async () => {
    const parts = { configuration: "ok", database: "ok", usage: "ok", logos: "ok" };
    const sending = anonymous.via(workerWith({ MAIL_FROM: "Roster <roster@example.com>" }));
    expect((await sending.get("/readyz")).body).toEqual({ status: "ready", parts: { ...parts, mail: "ok" } });
    const off = "off: MAIL_FROM is not set, so invitations are stored but not mailed";
    expect((await anonymous.get("/readyz")).body).toEqual({
      status: "ready",
      parts: { ...parts, mail: off },
    });
  });
});
