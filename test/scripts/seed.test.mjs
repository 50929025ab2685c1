/** `npm start`, `npm run seed` and `npm run mail` together. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { readMails } from "../../scripts/dev/mailbox.ts";
import { withService } from "../../scripts/quality/service.ts";

void test("npm run seed fills a service once, and its invitation is mailed and survives a kill", async () => {
  await withService({ limits: "off" }, async (service, state) => {
    const { address } = service;
    const env = { ...process.env, PORT: address.port, STATE_DIR: state };
    const run = async (script) =>
      (await promisify(execFile)(process.execPath, [`scripts/dev/${script}.ts`], { env })).stdout;
    const get = async (path, header) => {
      const headers = { Authorization: header.replace("Authorization: ", "") };
      const response = await fetch(new URL(path, address), { headers });
      assert.equal(response.status, 200, path);
      return await response.json();
    };
    const seed = async () =>
      Object.fromEntries(
        (await run("seed")).matchAll(/^([A-Z]+)="(.*)"$/gm).map(([, name, value]) => [name, value]),
      );
    const summary = async ({ ADA, CLEO }) => {
      const accounts = [...(await get("/api/v1/accounts", ADA)), ...(await get("/api/v1/accounts", CLEO))];
      const from = new Date(Date.now() - 40 * 86_400_000).toISOString();
      const usage = await get(`/api/v1/account/${accounts[0].id}/usage?from=${from}`, ADA);
      return {
        slugs: accounts.map(({ slug }) => slug),
        members: (await get("/api/v1/account/northwind/users", ADA)).map(({ name }) => name).toSorted(),
        invites: (await get(`/api/v1/account/${accounts[0].id}/invites`, ADA)).map(({ email }) => email),
        pages: usage[0].metrics.find(({ name }) => name === "pages_processed").value,
      };
    };

    const first = await seed();
    assert.deepEqual(Object.keys(first), ["ADA", "BEN", "CLEO", "DAN", "EVE", "ROOT"]);
    const seeded = await summary(first);
    assert.deepEqual(seeded.slugs, ["northwind", "harbor-books"]);
    assert.deepEqual(seeded.members, ["Ada Lovelace", "Ben Okri", "Eve Costa"]);
    assert.deepEqual(seeded.invites, ["frank@example.com"]);
    assert.ok(seeded.pages > 500, String(seeded.pages));
    assert.deepEqual(await summary(await seed()), seeded);

    const until = Date.now() + 30_000;
    while ((await readMails(state)).length === 0 && Date.now() < until) await sleep(100);
    await service.kill();
    const lines = (await run("mail")).trim().split("\n");
    const [mail] = lines.map((line) => JSON.parse(line));
    assert.deepEqual(Object.keys(mail), ["to", "subject", "text", "html"]);
    assert.deepEqual([lines.length, mail.to], [1, "frank@example.com"]);
    assert.match(mail.text, /http:\/\/localhost:\d+\/invite#/);
  });
});
