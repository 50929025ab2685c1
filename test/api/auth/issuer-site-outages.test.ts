/** Outages of issuers: fetched keys are still used, and without keys the issuer is reported as unavailable. */
import { beforeAll, describe, expect, it, vi } from "vitest";

import {
  advanceClock,
  createBearer,
  expectAccepted,
  expectBadToken,
  expectUnavailable,
  IssuerSite,
  stopClock,
  workerTrusting,
} from "../../support/issuer-site.ts";
import { createSigningKey, type SigningKey } from "../../support/signing.ts";
import { workerWith } from "../../support/worker.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

let first: SigningKey;
let next: SigningKey;
beforeAll(async () => {
  [first, next] = await Promise.all([createSigningKey("first"), createSigningKey("next")]);
});
stopClock();

/** Shortens timeouts to a fiftieth; the calls of the returned mock contain the original values. */
function shortenTimeouts() {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  return vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => timeout(milliseconds / 50));
}

const outages: readonly { readonly name: string; readonly fail: (site: IssuerSite) => Promise<void> }[] = [
  { name: "refuses connections", fail: (site) => site.close() },
  { name: "answers 500", fail: (site) => site.answer({ status: 500, body: "down" }) },
  { name: "answers 503", fail: (site) => site.answer({ status: 503, headers: { "Retry-After": "1" } }) },
  { name: "answers 429", fail: (site) => site.answer({ status: 429, headers: { "Retry-After": "600" } }) },
  { name: "never answers", fail: (site) => site.answer({ silent: "from the start" }) },
  {
    name: "stops in the midst of its answer",
    fail: (site) => site.answer({ body: '{"keys":[', silent: "before the end" }),
  },
];

describe.each(outages)("an issuer whose site $name", ({ fail }) => {
  it("an issuer that never returned keys is unavailable in every API [R18]", async () => {
    const timeout = shortenTimeouts();
    const site = await IssuerSite.open(first);
    await fail(site);
    await expectUnavailable(workerTrusting(site)(await createBearer(site, first)));
    expect(timeout).toHaveBeenCalledWith(5 * second);
    const worker = workerWith({ ISSUERS: JSON.stringify([site.entry]) });
    const answer = await (await createBearer(site, first)).via(worker).get("/accounts/organizations/");
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({ detail: "The token issuer is unavailable. Try again." });
    expect(answer.headers.get("Retry-After")).toBe("30");
  });

  it("the last keys of the issuer are used [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await fail(site);
    shortenTimeouts();
    advanceClock(11 * minute);
    await expectAccepted(ask(await createBearer(site, first)));
    await expectBadToken(ask(await createBearer(site, next)));
    advanceClock(30 * second);
    await expectBadToken(ask(await createBearer(site, next)));
    await expectAccepted(ask(await createBearer(site, first)));
  });
});

describe("an outage of an issuer", () => {
  it("an outage of an issuer is bridged by the last keys for 24 hours, and then the issuer is unavailable [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.close();
    advanceClock(24 * hour - 1);
    await expectAccepted(ask(await createBearer(site, first)));
    advanceClock(1);
    await expectUnavailable(ask(await createBearer(site, first)));
  });

  it("an outage of an issuer that began before the first fetch ends with the first attempt after 5 seconds", async () => {
    const site = await IssuerSite.open();
    await site.answer({ status: 500 });
    const ask = workerTrusting(site);
    const floods: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (const answer of Array.from({ length: 20 }, async () => ask(await createBearer(site, first)))) {
        await expectUnavailable(answer);
      }
      floods.push(await site.count());
      advanceClock(5 * second);
    }
    expect(floods).toEqual([1, 2]);
    await site.publish(first);
    await expectAccepted(ask(await createBearer(site, first)));
  });

  it("an outage of an issuer does not delay tokens whose key is known", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.answer({ silent: "from the start" });
    advanceClock(11 * minute);
    const unlucky = ask(await createBearer(site, next));
    await site.hasBeenAsked(2);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.publish(first, next);
    await expectAccepted(unlucky);
    expect(await site.count()).toBe(2);
  });

  it("an outage of an issuer is not revealed to callers without one of its tokens", async () => {
    const site = await IssuerSite.open();
    const other = await IssuerSite.open();
    await site.close();
    const ask = workerTrusting(site);
    await expectBadToken(ask(await createBearer(other, first)));
    await expectBadToken(ask(await createBearer(site, first, { typ: "logout+jwt" })));
  });
});
