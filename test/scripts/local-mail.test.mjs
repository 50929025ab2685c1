import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { MailCopier, readLocalMail } from "../../scripts/dev/local-mail.ts";

const WORKER = `export default {
  async fetch(request, env) {
    for (const mail of await request.json()) await env.MAIL.send({ from: "roster@example.com", ...mail });
    return new Response("sent");
  },
};`;

void test("mails are copied from miniflare's store once, in order, and outlive it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mail-"));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = join(folder, "tmp");
  try {
    const options = { modules: true, script: WORKER, email: { send_email: [{ name: "MAIL" }] } };
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({ ...options, compatibilityDate: "2026-10-20", cf: false }),
    );
    const mails = [
      {
        to: ["a@example.com", { name: "B", email: "b@example.com" }],
        subject: "Grüße ✓",
        text: "ü\n",
        html: "<p>ü</p>",
      },
      { to: "c@example.com", subject: "second", text: "two" },
    ];
    await miniflare.dispatchFetch("http://localhost", { method: "POST", body: JSON.stringify(mails) });

    const copier = new MailCopier(folder, process.env.TMPDIR);
    copier.copy();
    copier.copy();
    copier.close();
    const again = new MailCopier(folder, process.env.TMPDIR);
    again.copy();
    again.close();
    await miniflare.dispose();

    assert.deepEqual(readLocalMail(folder), [
      { to: 'a@example.com, "B" <b@example.com>', subject: "Grüße ✓", text: "ü\n", html: "<p>ü</p>" },
      { to: "c@example.com", subject: "second", text: "two", html: "" },
    ]);
  } finally {
    process.env.TMPDIR = before ?? "";
    if (before === undefined) {
      delete process.env.TMPDIR;
    }
    rmSync(folder, { recursive: true });
  }
});
