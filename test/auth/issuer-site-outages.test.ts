/** Issuers whose sites are down: keys once fetched go on working, and without any it is not the token's fault. */
import { beforeAll, describe, expect, it, vi } from "vitest";

import { doorWith } from "../http/door.ts";
import {
  bearer,
  expectBadToken,
  expectUnavailable,
  expectWelcome,
  IssuerSite,
  pass,
  stopClock,
  worker,
} from "./issuer-site.ts";
import { makeKey, type SigningKey } from "./signing.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

let first: SigningKey;
let next: SigningKey;
beforeAll(async () => {
  [first, next] = await Promise.all([makeKey("first"), makeKey("next")]);
});
stopClock();

/** Lets time limits of a second end after 20 ms; how long they would have been is in the calls. */
function hurry() {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  return vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => timeout(milliseconds / 50));
}

const outages: readonly (readonly [string, (site: IssuerSite) => Promise<void>])[] = [
  ["refuses connections", (site) => site.close()],
  ["answers 500", (site) => site.answer({ status: 500, body: "down" })],
  ["answers 503", (site) => site.answer({ status: 503, headers: { "Retry-After": "1" } })],
  ["answers 429", (site) => site.answer({ status: 429, headers: { "Retry-After": "600" } })],
  ["never answers", (site) => site.answer({ silent: "from the start" })],
  [
    "stops in the midst of its answer",
    (site) => site.answer({ body: '{"keys":[', silent: "before the end" }),
  ],
];

describe.each(outages)("an issuer whose site %s", (_, fail) => {
  it("is unavailable when it never gave keys, on every face [R18]", async () => {
    const timeout = hurry();
    const site = await IssuerSite.open(first);
    await fail(site);
    await expectUnavailable(worker(site)(await bearer(site, first)));
    expect(timeout).toHaveBeenCalledWith(5 * second);
    const door = doorWith({ ISSUERS: JSON.stringify([site.entry]) });
    const answer = await (await bearer(site, first)).through(door).get("/accounts/organizations/");
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({ detail: "The token's issuer cannot be reached." });
    expect(answer.headers.get("Retry-After")).toBe("30");
  });

  it("has the keys it once gave go on working [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = worker(site);
    await expectWelcome(ask(await bearer(site, first)));
    await fail(site);
    hurry();
    pass(11 * minute);
    await expectWelcome(ask(await bearer(site, first)));
    await expectBadToken(ask(await bearer(site, next)));
    pass(30 * second);
    await expectBadToken(ask(await bearer(site, next)));
    await expectWelcome(ask(await bearer(site, first)));
  });
});

describe("an outage", () => {
  it("is outlived by the keys for 24 hours, and then the issuer is unavailable [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = worker(site);
    await expectWelcome(ask(await bearer(site, first)));
    await site.close();
    pass(24 * hour - 1);
    await expectWelcome(ask(await bearer(site, first)));
    pass(1);
    await expectUnavailable(ask(await bearer(site, first)));
  });

  it("that began before there were keys ends with the first attempt after 5 seconds", async () => {
    const site = await IssuerSite.open();
    await site.answer({ status: 500 });
    const ask = worker(site);
    const floods: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (const answer of Array.from({ length: 20 }, async () => ask(await bearer(site, first)))) {
        await expectUnavailable(answer);
      }
      floods.push(await site.count());
      pass(5 * second);
    }
    expect(floods).toEqual([1, 2]);
    await site.publish(first);
    await expectWelcome(ask(await bearer(site, first)));
  });

  it("holds up nobody whose key is known", async () => {
    const site = await IssuerSite.open(first);
    const ask = worker(site);
    await expectWelcome(ask(await bearer(site, first)));
    await site.answer({ silent: "from the start" });
    pass(11 * minute);
    const unlucky = ask(await bearer(site, next));
    await site.hasBeenAsked(2);
    await expectWelcome(ask(await bearer(site, first)));
    await site.publish(first, next);
    await expectWelcome(unlucky);
    expect(await site.count()).toBe(2);
  });

  it("of an issuer is not told to who has no token of it", async () => {
    const site = await IssuerSite.open();
    const stranger = await IssuerSite.open();
    await site.close();
    const ask = worker(site);
    await expectBadToken(ask(await bearer(stranger, first)));
    await expectBadToken(ask(await bearer(site, first, { typ: "logout+jwt" })));
  });
});
