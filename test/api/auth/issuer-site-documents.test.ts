/** Invalid responses of an issuer's site: none removes a valid key or adds an invalid one. */
import { base64url } from "jose";
import { beforeAll, describe, expect, it } from "vitest";

import { Caller, unique } from "../../support/fixtures.ts";
import type { SiteAnswer } from "../../support/issuer-site-protocol.ts";
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
import { createSigningKey, goodClaims, noonSeconds, type SigningKey } from "../../support/signing.ts";

const minute = 60_000;

let first: SigningKey;
let next: SigningKey;
let evil: SigningKey;
beforeAll(async () => {
  [first, next, evil] = await Promise.all([
    createSigningKey("first"),
    createSigningKey("next"),
    createSigningKey("next"),
  ]);
});
stopClock();

/** A valid document, for responses that are invalid otherwise. */
const good = () => JSON.stringify({ keys: [next.jwk] });

describe.each<{ name: string; answer: () => Partial<SiteAnswer> }>([
  { name: "nothing", answer: () => ({}) },
  { name: "a page", answer: () => ({ body: "<html>", headers: { "Content-Type": "text/html" } }) },
  { name: "half a document", answer: () => ({ body: good().slice(0, -1) }) },
  { name: "a document and more", answer: () => ({ body: `${good()}]` }) },
  { name: "null", answer: () => ({ body: "null" }) },
  { name: "a number", answer: () => ({ body: "1" }) },
  { name: "an array of keys", answer: () => ({ body: JSON.stringify([next.jwk]) }) },
  { name: "a key alone", answer: () => ({ body: JSON.stringify(next.jwk) }) },
  { name: "keys by name", answer: () => ({ body: JSON.stringify({ keys: { next: next.jwk } }) }) },
  {
    name: "keys that are not objects",
    answer: () => ({ body: JSON.stringify({ keys: [next.jwk, 1, null] }) }),
  },
  { name: "10 MB", answer: () => ({ body: good(), filler: 10_000_000 }) },
  { name: "10 MB that travel as 10 KB", answer: () => ({ body: good(), filler: 10_000_000, gzip: true }) },
  {
    name: "what is not compressed as it says",
    answer: () => ({ body: good(), headers: { "Content-Encoding": "gzip" } }),
  },
  { name: "another success", answer: () => ({ status: 202, body: good() }) },
  { name: "not found", answer: () => ({ status: 404, body: good() }) },
])("a site that responds with $name", ({ answer }) => {
  it("an invalid response does not replace the last valid keys [R18]", async () => {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.answer(answer());
    advanceClock(11 * minute);
    await expectAccepted(ask(await createBearer(site, first)));
    await expectBadToken(ask(await createBearer(site, next)));
    expect(await site.count()).toBe(2);
  });

  it("an issuer with invalid responses only has no keys", async () => {
    const site = await IssuerSite.open();
    await site.answer(answer());
    await expectUnavailable(workerTrusting(site)(await createBearer(site, next)));
  });
});

describe.each([301, 302, 303, 307, 308])("a site that redirects with %i", (status) => {
  it("a redirect is not followed [R18, R65]", async () => {
    const elsewhere = await IssuerSite.open(next);
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.answer({ status, headers: { Location: `${elsewhere.address}/keys` } });
    advanceClock(11 * minute);
    await expectAccepted(ask(await createBearer(site, first)));
    await expectBadToken(ask(await createBearer(site, next)));
    expect(await elsewhere.count()).toBe(0);
  });
});

describe("an invalid key in the document", () => {
  /** Publishes a document of the first key and these, and says how tokens of the latter are answered. */
  async function publishing(...others: readonly object[]) {
    const site = await IssuerSite.open(first);
    const ask = workerTrusting(site);
    await expectAccepted(ask(await createBearer(site, first)));
    await site.answer({ body: JSON.stringify({ keys: [...others, first.jwk] }) });
    advanceClock(11 * minute);
    await expectAccepted(ask(await createBearer(site, first)));
    return { site, ask };
  }

  it.each<{ name: string; keys: () => readonly object[] }>([
    { name: "of an unknown type", keys: () => [{ ...next.jwk, kty: "XYZ" }] },
    { name: "without a type", keys: () => [{ ...next.jwk, kty: undefined }] },
    { name: "that is private", keys: () => [next.privateJwk] },
    { name: "for encryption", keys: () => [{ ...next.jwk, use: "enc" }] },
    { name: "for another operation", keys: () => [{ ...next.jwk, key_ops: ["deriveKey"] }] },
    { name: "for another algorithm", keys: () => [{ ...next.jwk, alg: "ES384" }] },
    { name: "whose point is on no curve", keys: () => [{ ...next.jwk, x: next.jwk.y }] },
    { name: "that shares its id with another", keys: () => [next.jwk, evil.jwk] },
    { name: "without an id", keys: () => [{ ...next.jwk, kid: undefined }] },
    { name: "whose id is no text", keys: () => [{ ...next.jwk, kid: 1 }] },
  ])("an invalid key in the document does not affect other keys: one $name", async ({ keys }) => {
    const { site, ask } = await publishing(...keys());
    await expectBadToken(ask(await createBearer(site, next)));
    await expectBadToken(ask(await createBearer(site, evil)));
    await expectAccepted(ask(await createBearer(site, first)));
  });

  it("an invalid key in the document does not affect other keys: a shared secret", async () => {
    const secret = new TextEncoder().encode("a secret that everybody can fetch");
    const { site, ask } = await publishing({ kty: "oct", kid: "next", k: base64url.encode(secret) });
    await expectBadToken(ask(await createBearer(site, next, { alg: "HS256" }, secret)));
    await expectAccepted(ask(await createBearer(site, first)));
  });

  it("an invalid key in the document does not affect other keys: an RSA key of 1,024 bits [R18]", async () => {
    const { jwk, signFor } = await makeWeakKey();
    const { site, ask } = await publishing(jwk);
    await expectBadToken(ask(await signFor(site)));
    await expectAccepted(ask(await createBearer(site, first)));
  });
});

it("the content type of the key set is ignored", async () => {
  const site = await IssuerSite.open();
  for (const type of ["text/html", "application/octet-stream"]) {
    await site.answer({ body: JSON.stringify({ keys: [first.jwk] }), headers: { "Content-Type": type } });
    await expectAccepted(workerTrusting(site)(await createBearer(site, first)));
  }
});

/** Signs by hand, because jose rejects such keys. */
async function makeWeakKey() {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const size = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await crypto.subtle.generateKey({ ...algorithm, ...size }, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("expected a pair");
  const jwk = { ...(await crypto.subtle.exportKey("jwk", pair.publicKey)), kid: "next" };
  const signFor = async (site: IssuerSite) => {
    const claims = goodClaims({ iss: site.address, sub: unique("sub"), exp: noonSeconds + 7200 });
    const text = [{ alg: "RS256", kid: "next" }, claims]
      .map((part) => base64url.encode(JSON.stringify(part)))
      .join(".");
    const signature = await crypto.subtle.sign(algorithm, pair.privateKey, new TextEncoder().encode(text));
    return new Caller(`${text}.${base64url.encode(new Uint8Array(signature))}`);
  };
  return { jwk, signFor };
}
