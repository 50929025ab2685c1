import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { RemoteKeySet } from "../../../src/auth/remote-key-set.ts";
import { createSigningKey, expectRejection, noon, type SigningKey } from "../../support/signing.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

let first: SigningKey;
let next: SigningKey;
beforeAll(async () => {
  [first, next] = await Promise.all([createSigningKey("first"), createSigningKey("second")]);
});

const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
beforeEach(() => warn.mockClear());

/** An issuer's site, its clock and a key set that reads both. */
function publish(answer: () => Response | Promise<Response>) {
  const site = { answer, now: noon, requests: [] as { readonly url: URL; readonly init: RequestInit }[] };
  const keySet = new RemoteKeySet(new URL("https://id.example/keys"), {
    now: () => site.now,
    fetch: async (url, init) => {
      site.requests.push({ url, init });
      return site.answer();
    },
  });
  return { site, keySet };
}

const keys = (...published: readonly SigningKey[]) =>
  Response.json({ keys: published.map(({ jwk }) => jwk) });
const outage = () => new Response("down", { status: 503 });
const headerOf = ({ alg, kid }: SigningKey) => ({ alg, kid });

describe("fetching a key set", () => {
  it("fetching a key set sends one request, follows no redirect and has a timeout", async () => {
    const { site, keySet } = publish(() => keys(first));
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
    await keySet.keysFor("first");
    expect(site.requests).toHaveLength(1);
    expect(site.requests[0]?.url.href).toBe("https://id.example/keys");
    expect(site.requests[0]?.init.redirect).toBe("manual");
    expect(site.requests[0]?.init.signal).toBeInstanceOf(AbortSignal);
  });

  it("happens once for 20 concurrent requests", async () => {
    const gate = Promise.withResolvers<void>();
    const { site, keySet } = publish(async () => {
      await gate.promise;
      return keys(first);
    });
    const waiting = Array.from({ length: 20 }, () => keySet.keysFor("first"));
    gate.resolve();
    for (const found of await Promise.all(waiting)) expect(found.has("first")).toBe(true);
    expect(site.requests).toHaveLength(1);
  });

  it("fetching a key set is started again by another request when the first one was cancelled", async () => {
    const { site, keySet } = publish(() => new Promise(() => undefined));
    void keySet.keysFor("first");
    const waiting = keySet.keysFor("first");
    site.answer = () => keys(first);
    site.now += 6 * second;
    expect((await waiting).has("first")).toBe(true);
    expect(site.requests).toHaveLength(2);
  });

  it("fetching a key set does not follow a redirect", async () => {
    const { keySet } = publish(() => Response.redirect("https://evil.example/keys", 302));
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
  });

  const secret = "s3cret";
  it.each<{ name: string; answer: () => Response | Promise<Response>; reason: string }>([
    { name: "an error status", answer: outage, reason: "the issuer responded with status 503" },
    {
      name: "a body that is too large",
      answer: () => new Response("x".repeat(256 * 1024 + 1)),
      reason: "the issuer's key set is too large",
    },
    {
      name: "a page that contains the URL",
      answer: () => new Response(`<a href="/keys?token=${secret}">`),
      reason: "SyntaxError",
    },
    {
      name: "a document without keys",
      answer: () => Response.json({ token: secret }),
      reason: "JWKSInvalid",
    },
    {
      name: "an error that contains the URL",
      answer: () => Promise.reject(new TypeError(`cannot reach https://id.example/${secret}`)),
      reason: "TypeError",
    },
  ])(
    "fetching a key set logs the reason of a failure, and only the origin of the URL: $name [R59]",
    async ({ answer, reason }) => {
      const keySet = new RemoteKeySet(
        new URL(`https://user:${secret}@id.example:8443/${secret}?token=${secret}`),
        {
          fetch: async () => answer(),
        },
      );
      await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
      expect(warn.mock.calls).toEqual([
        [{ event: "issuer_keys_not_fetched", origin: "https://id.example:8443", reason }],
      ]);
    },
  );
});

describe("an issuer that never had keys", () => {
  it.each<{ name: string; answer: () => Response }>([
    { name: "an error", answer: outage },
    { name: "another 2xx", answer: () => new Response(null, { status: 204 }) },
    { name: "an empty body", answer: () => new Response("") },
    { name: "a page", answer: () => new Response("<html>") },
    { name: "null", answer: () => Response.json(null) },
    { name: "no keys member", answer: () => Response.json({}) },
    { name: "keys that are not an array", answer: () => Response.json({ keys: "first" }) },
    { name: "keys that are not objects", answer: () => Response.json({ keys: ["first"] }) },
    { name: "bytes that are not UTF-8", answer: () => new Response(new Uint8Array([0x22, 0xff, 0x22])) },
    { name: "more than 256 KiB", answer: () => Response.json({ keys: [], padding: "x".repeat(256 * 1024) }) },
  ])("an issuer that never had keys is unavailable if it responds with $name", async ({ answer }) => {
    const { keySet } = publish(answer);
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
  });

  it("an issuer that never had keys is unavailable when the connection fails", async () => {
    const { keySet } = publish(() => Promise.reject(new TypeError("connection refused")));
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
  });

  it("an issuer that never had keys is requested again after 5 seconds and not before", async () => {
    const { site, keySet } = publish(outage);
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
    site.answer = () => keys(first);
    site.now += 5 * second - 1;
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
    expect(site.requests).toHaveLength(1);
    site.now += 1;
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
  });

  it("an issuer that never had keys is requested again 5 seconds after the end of a slow attempt", async () => {
    const { site, keySet } = publish(() => {
      site.now += 5 * second;
      return outage();
    });
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
    expect(site.requests).toHaveLength(1);
  });
});

describe("an unknown key id", () => {
  it("an unknown key id causes one fetch 30 seconds after the last, which finds the new key", async () => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    site.answer = () => keys(first, next);
    site.now += 30 * second - 1;
    expect((await keySet.keysFor("second")).has("second")).toBe(false);
    site.now += 1;
    expect((await keySet.keysFor("second")).has("second")).toBe(true);
    expect(site.requests).toHaveLength(2);
  });

  it("an unknown key id causes at most one fetch per cooldown, however many ids there are", async () => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    for (let round = 1; round <= 3; round += 1) {
      site.now += 30 * second;
      await Promise.all(Array.from({ length: 100 }, (_, index) => keySet.keysFor(`../${round}/${index}`)));
      expect(site.requests).toHaveLength(1 + round);
    }
  });

  it("an unknown key id does not delay tokens whose key is known", async () => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    site.now += 30 * second;
    site.answer = () => new Promise(() => undefined);
    void keySet.keysFor("second");
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
  });

  it("an unknown key id does not remove the cached keys when the fetch fails", async () => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    site.now += 30 * second;
    site.answer = outage;
    expect((await keySet.keysFor("second")).has("second")).toBe(false);
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
  });
});

describe("keys", () => {
  it("keys are fetched again after 10 minutes, and a withdrawn one is gone", async () => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    site.answer = () => keys(next);
    site.now += 10 * minute - 1;
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
    expect(site.requests).toHaveLength(1);
    site.now += 1;
    expect((await keySet.keysFor("first")).has("first")).toBe(false);
    expect(site.requests).toHaveLength(2);
  });

  it("keys older than 10 minutes are used while another request fetches new ones", async () => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    site.now += 11 * minute;
    site.answer = () => new Promise(() => undefined);
    void keySet.keysFor("first");
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
    expect(site.requests).toHaveLength(2);
  });

  it("keys are used for 24 hours of an outage, with one attempt per cooldown, and then no longer", async () => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    site.answer = outage;
    site.now = noon + 24 * hour - 30 * second;
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
    site.now = noon + 24 * hour - 1;
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
    expect(site.requests).toHaveLength(2);
    site.now = noon + 24 * hour;
    await expectRejection(keySet.keysFor("first"), "issuer_unavailable", { retryAfter: 30 });
    site.now += 5 * second;
    site.answer = () => keys(first);
    expect((await keySet.keysFor("first")).has("first")).toBe(true);
  });

  it.each<{ name: string; answer: () => Response }>([
    { name: "a page", answer: () => new Response("<html>") },
    { name: "keys that are not an array", answer: () => Response.json({ keys: { first: {} } }) },
    { name: "keys that are not objects", answer: () => Response.json({ keys: [1] }) },
    { name: "more than 256 KiB", answer: () => Response.json({ keys: [], padding: "x".repeat(256 * 1024) }) },
  ])("keys are not replaced by a malformed document: $name", async ({ answer }) => {
    const { site, keySet } = publish(() => keys(first));
    await keySet.keysFor("first");
    site.now += 11 * minute;
    site.answer = answer;
    const found = await keySet.keysFor("first");
    expect(await found.get(headerOf(first))).toMatchObject({ type: "public" });
    expect(site.requests).toHaveLength(2);
  });

  it("keys that are private or symmetric are ignored", async () => {
    const secret = { kty: "oct", kid: "secret", k: "c2VjcmV0" };
    const { keySet } = publish(() => Response.json({ keys: [first.jwk, next.privateJwk, secret] }));
    const found = await keySet.keysFor("first");
    expect(["first", "second", "secret"].filter((kid) => found.has(kid))).toEqual(["first"]);
  });

  it("keys are imported once each", async () => {
    const { keySet } = publish(() => keys(first));
    const found = await keySet.keysFor("first");
    expect(await found.get(headerOf(first))).toBe(await found.get(headerOf(first)));
  });
});
