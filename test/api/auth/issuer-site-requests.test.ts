/** Concurrent requests of one isolate share keys, but no promises. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import { createUser } from "../../support/fixtures.ts";
import { IssuerSite } from "../../support/issuer-site.ts";

const issuer = "https://remote.test";

it("20 concurrent requests before the first fetch wait for one fetch, and all succeed [R18]", async () => {
  const site = IssuerSite.shared();
  const before = await site.count();
  await site.answer({ silent: "from the start" });
  const callers = await Promise.all(Array.from({ length: 20 }, () => createUser({}, { issuer })));
  const answers = callers.map((caller) => caller.get("/api/v1/user"));
  await site.hasBeenAsked(before + 1);
  const { d: _, ...published } = env.TEST_KEYS[issuer];
  await site.publishDocument({ keys: [published] });
  for (const answer of answers) expect(await answer).toMatchObject({ status: 200, body: { type: "USER" } });
  expect(await site.count()).toBe(before + 1);
});
