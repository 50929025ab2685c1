import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { mailPage, readMails, startMailbox } from "../../scripts/dev/mailbox.ts";

const folder = mkdtempSync(join(tmpdir(), "roster-mailbox-"));
after(() => rmSync(folder, { recursive: true }));

const mailTo = (to) => ({ to, subject: "Grüße ✓", text: "ü\n", html: "<p>ü</p>" });

const deliver = (url, mail, type = "application/json") =>
  fetch(url, { method: "POST", headers: { "Content-Type": type }, body: JSON.stringify(mail) });

/** Returns the status of a GET with a Host header that fetch would not send. */
function statusFor(url, host) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject).end();
  });
}

void test("delivered mails are read in order after the mailbox was closed and opened again", async () => {
  const state = join(folder, "two-runs");
  for (const to of ["a@example.com", "b@example.com"]) {
    const mailbox = await startMailbox(state);
    const message = { from: "roster@example.com", ...mailTo(to) };
    assert.equal((await deliver(mailbox.url, message)).status, 201);
    mailbox.close();
  }
  assert.deepEqual(await readMails(state), [mailTo("a@example.com"), mailTo("b@example.com")]);
});

void test("mails that are delivered at once are all stored", async () => {
  const state = join(folder, "at-once");
  const mailbox = await startMailbox(state);
  const addresses = Array.from({ length: 20 }, (_, index) => `person-${index}@example.com`);
  await Promise.all(addresses.map((address) => deliver(mailbox.url, mailTo(address))));
  mailbox.close();
  const stored = (await readMails(state)).map(({ to }) => to);
  assert.deepEqual(stored.toSorted(), addresses.toSorted());
});

void test("a state folder without mails has an empty mailbox", async () => {
  assert.deepEqual(await readMails(join(folder, "missing")), []);
});

void test("pages of other sites can neither deliver mails nor read them", async () => {
  const mailbox = await startMailbox(join(folder, "other-sites"));
  assert.equal((await deliver(mailbox.url, mailTo("a@example.com"), "text/plain")).status, 404);
  assert.equal(await statusFor(mailbox.url, "evil.example"), 403);
  assert.equal(await statusFor(mailbox.url, new URL(mailbox.url).host), 200);
  mailbox.close();
});

void test("the mailbox page shows the newest mail first and escapes what mails contain", () => {
  const hostile = { ...mailTo("a@example.com"), subject: "<script>", html: '"><script>alert(1)</script>' };
  const page = mailPage([mailTo("old@example.com"), hostile]);
  assert.ok(page.indexOf("a@example.com") < page.indexOf("old@example.com"));
  assert.ok(!page.includes("<script>"));
  assert.match(mailPage([]), /No mail was sent yet/);
});
