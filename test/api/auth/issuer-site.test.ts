/** Issuers with real sites: accepted tokens, and the number of requests to the site. */
import { exportSPKI } from "jose";
import { beforeAll, describe, expect, it } from "vitest";

import {
  advanceClock,
  createBearer,
  expectAccepted,
  expectBadToken,
  IssuerSite,
  stopClock,
  workerTrusting,
} from "../../support/issuer-site.ts";
import { createSigningKey, type SigningKey } from "../../support/signing.ts";

const second = 1000;
const minute = 60 * second;

let first: SigningKey;
let next: SigningKey;
let evil: SigningKey;
beforeAll(async () => {
  [first, next, evil] = await Promise.all([
    createSigningKey("first"),
    createSigningKey("next"),
    createSigningKey("first"),
  ]);
});
stopClock();

describe("a token", () => {
  it.each(["ES256", "RS256", "PS256", "EdDSA"])("a token may be signed with %s", async (alg) => {
    const key = await createSigningKey("key", alg);
    const site = await IssuerSite.open(key);
    await expectAccepted(workerTrusting(site)(await createBearer(site, key)));
    expect(await site.requests()).toEqual([{ method: "GET", path: "/keys" }]);
  });

  it.each(["ES256", "RS256", "PS256", "EdDSA"])(
    "a token is refused when the public key of %s was used as a secret [R14]",
    async (alg) => {
      const key = await createSigningKey("key", alg);
      const site = await IssuerSite.open(key);
      const ask = workerTrusting(site);
      const texts = [
        JSON.stringify(key.jwk),
        await exportSPKI(key.publicKey),
        String(key.jwk.x ?? key.jwk.n),
      ];
      for (const text of texts) {
        const secret = new TextEncoder().encode(text);
        await expectBadToken(ask(await createBearer(site, key, { alg: "HS256" }, secret)));
      }
    },
  );

  it("a token is rejected if it contains a key or a key URL, which is not fetched [R14]", async () => {
    const site = await IssuerSite.open(first);
    const elsewhere = await IssuerSite.open(evil);
    const ask = workerTrusting(site);
    const address = `${elsewhere.address}/keys`;
    const headers = [
      { jku: address },
      { x5u: address },
      { jwk: evil.jwk },
      { jku: address, kid: "unknown" },
      { x5u: address, kid: "unknown" },
      { jwk: evil.jwk, kid: "unknown" },
      { kid: address },
    ];
    for (const header of headers) await expectBadToken(ask(await createBearer(site, evil, header)));
    expect(await elsewhere.count()).toBe(0);
    expect(await site.count()).toBe(1);
  });

  it("a token of an unknown issuer causes no fetch", async () => {
    const site = await IssuerSite.open(first);
    const other = await IssuerSite.open(evil);
    await expectBadToken(workerTrusting(site)(await createBearer(other, evil)));
    expect([await site.count(), await other.count()]).toEqual([0, 0]);
  });
});

describe("two issuers", () => {
  it("two issuers have separate tokens, even under equal key ids [R19]", async () => {
    const one = await IssuerSite.open(first);
    const two = await IssuerSite.open(evil);
    const ask = workerTrusting(one, two);
    for (let round = 1; round <= 2; round += 1) {
      await expectAccepted(ask(await createBearer(one, first)));
      await expectAccepted(ask(await createBearer(two, evil)));
      await expectBadToken(ask(await createBearer(one, evil)));
      await expectBadToken(ask(await createBearer(two, first)));
    }
    expect([await one.count(), await two.count()]).toEqual([1, 1]);
  });

  it("two issuers do not share their keys [R19]", async () => {
    const one = await IssuerSite.open(first);
    const two = await IssuerSite.open(next);
    const ask = workerTrusting(one, two);
    await expectAccepted(ask(await createBearer(one, first)));
    await expectAccepted(ask(await createBearer(two, next)));
    advanceClock(minute);
    await expectBadToken(ask(await createBearer(one, next)));
    await expectBadToken(ask(await createBearer(two, first)));
  });

  it("two issuers fail independently", async () => {
    const down = await IssuerSite.open(first);
    const up = await IssuerSite.open(next);
    await down.close();
    const ask = workerTrusting(down, up);
    expect((await ask(await createBearer(down, first))).status).toBe(503);
    await expectAccepted(ask(await createBearer(up, next)));
  });
});

describe("key rotation", () => {
  it("key rotation accepts a new key after one fetch, and still the old one [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.publish(first, next);
    advanceClock(30 * second);
    await expectAccepted(ask(await createBearer(site, next)));
    await expectAccepted(ask(await createBearer(site, next)));
    await expectAccepted(ask(await createBearer(site, first)));
    expect(await site.count()).toBe(2);
  });

  it("key rotation accepts a new key that was published within the cooldown after its end", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.publish(first, next);
    advanceClock(30 * second - 1);
    await expectBadToken(ask(await createBearer(site, next)));
    expect(await site.count()).toBe(1);
    advanceClock(1);
    await expectAccepted(ask(await createBearer(site, next)));
    expect(await site.count()).toBe(2);
  });

  it("key rotation accepts a withdrawn key for ten more minutes and no longer [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    const caller = await createBearer(site, first);
    await expectAccepted(ask(caller));
    await site.publish(next);
    advanceClock(10 * minute - 1);
    await expectAccepted(ask(await createBearer(site, first)));
    advanceClock(1);
    await expectBadToken(ask(caller));
    await expectBadToken(ask(await createBearer(site, first)));
    await expectAccepted(ask(await createBearer(site, next)));
  });

  it("key rotation withdraws all keys with an empty set", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.publish();
    advanceClock(10 * minute);
    await expectBadToken(ask(await createBearer(site, first)));
  });

  it("key rotation fetches once per cooldown for 200 unknown key ids [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    const counts: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const flood = await Promise.all(
        Array.from({ length: 200 }, (_, index) => createBearer(site, evil, { kid: `../${round}/${index}` })),
      );
      const answers = await Promise.all(flood.map(ask));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
      counts.push(await site.count());
      advanceClock(30 * second);
    }
    expect(counts).toEqual([1, 2, 3]);
    await expectAccepted(ask(await createBearer(site, first)));
    expect(await site.count()).toBe(3);
  });

  it("key rotation fetches once for 20 concurrent callers", async () => {
    const site = await IssuerSite.open(first);
    await site.answer({ silent: "from the start" });
    const ask = workerTrusting(site);
    const callers = await Promise.all(Array.from({ length: 20 }, () => createBearer(site, first)));
    const answers = callers.map(ask);
    await site.hasBeenAsked(1);
    await site.publish(first);
    for (const answer of answers) await expectAccepted(answer);
    expect(await site.count()).toBe(1);
  });
});
