/** The page an invitation's link opens. What it does in a browser is told in the README; here is what it is. */
import { describe, expect, it } from "vitest";

import { doorWith } from "./http/door.ts";
import { publicUrl, stranger } from "./world.ts";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const assets = { "page.css": "text/css", "page.js": "text/javascript", "words.js": "text/javascript" };

describe("/invite", () => {
  it("is a page that loads its own files alone and tells nobody where it was", async () => {
    const { status, headers, text } = await stranger.get("/invite");
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

  it("is the same whoever asks and with whatever", async () => {
    const { text } = await stranger.get("/invite");
    const headers = { Authorization: "Bearer nonsense", "Accept-Language": "de", Host: "evil.test" };
    expect((await stranger.get("/invite?token=secret&x=<script>", { headers })).text).toBe(text);
  });

  it("answers HEAD, and no other method", async () => {
    expect((await stranger.send("HEAD", "/invite")).status).toBe(200);
    const posted = await stranger.post("/invite", { token: "x" });
    expect([posted.status, posted.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("the page's files", () => {
  it.each(Object.entries(assets))("%s is served as %s", async (file, type) => {
    const { status, headers, text } = await stranger.get(`/invite/${file}`);
    expect(status).toBe(200);
    expect(headers.get("Content-Type")).toMatch(new RegExp(`^${type}`));
    expect(headers.get("Content-Security-Policy")).toBe(policy);
    expect(text.length).toBeGreaterThan(100);
  });

  it("hold nothing that makes HTML of text, and ask this service alone [R56]", async () => {
    for (const file of ["page.js", "words.js"]) {
      const { text } = await stranger.get(`/invite/${file}`);
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\//);
    }
  });

  it.each(["/invite/nothing.js", "/invite/..%2fdocs%2fLICENSE", "/invite/page.js/x"])(
    "%s is none",
    async (path) => {
      expect((await stranger.get(path)).status).toBe(404);
    },
  );
});

describe("SIGN_IN_URL", () => {
  const signInOf = (text: string) => /data-sign-in-url="([^"]*)"/.exec(text)?.[1];

  it("is where the page sends its reader, to come back to this page at PUBLIC_URL", async () => {
    const door = doorWith({ SIGN_IN_URL: 'https://app.test/login?from=mail&x="><script>' });
    const { text } = await stranger.through(door).get("/invite");
    expect(signInOf(text)).toBe("https://app.test/login?from=mail&amp;x=%22%3E%3Cscript%3E");
    expect(text).toContain(`data-return-to="${publicUrl}/invite"`);
    expect(signInOf((await stranger.get("/invite")).text)).toBe("");
  });

  it.each(["app.test/login", "javascript:alert(1)", "https://app.test/#login"])(
    "%s leaves the service unready, which names it",
    async (value) => {
      const answer = await stranger.through(doorWith({ SIGN_IN_URL: value })).get("/readyz");
      expect([answer.status, answer.body.parts.mail]).toEqual([503, "unknown"]);
      expect(answer.body.parts.configuration).toContain("SIGN_IN_URL");
    },
  );
});

describe("/readyz", () => {
  it("tells whether mails are sent, and is ready either way", async () => {
    const parts = { configuration: "ok", database: "ok", usage: "ok", logos: "ok" };
    const sending = stranger.through(doorWith({ MAIL_FROM: "Roster <roster@example.com>" }));
    expect((await sending.get("/readyz")).body).toEqual({ status: "ready", parts: { ...parts, mail: "ok" } });
    const off = "off: MAIL_FROM is not set, invitations are stored and not mailed";
    expect((await stranger.get("/readyz")).body).toEqual({ status: "ready", parts: { ...parts, mail: off } });
  });
});
