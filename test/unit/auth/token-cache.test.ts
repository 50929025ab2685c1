import { describe, expect, it } from "vitest";

import { tokenDigest, VerifiedTokenCache } from "../../../src/auth/token-cache.ts";
import type { Identity } from "../../../src/domain/identity.ts";
import { noon, noonSeconds } from "../../support/signing.ts";

const minute = 60_000;

function identityOf(subject: string, expiresAt = noonSeconds + 3600): Identity {
  const nothing = { name: undefined, givenName: undefined, familyName: undefined, username: undefined };
  const claims = { email: undefined, verifiedEmail: undefined, picture: undefined, locale: undefined };
  return { issuer: "https://id.example", subject, issuedAt: 0, expiresAt, ...nothing, ...claims };
}

describe("the cache of verified tokens", () => {
  it("the cache of verified tokens returns a token's identity for ten minutes", () => {
    const cache = new VerifiedTokenCache();
    const ada = identityOf("ada");
    cache.set("a", ada, noon);
    expect(cache.find("a", noon + 10 * minute - 1)).toBe(ada);
    expect(cache.find("a", noon + 10 * minute)).toBeUndefined();
  });

  it("the cache of verified tokens does not keep a token longer because it is used", () => {
    const cache = new VerifiedTokenCache();
    cache.set("a", identityOf("ada"), noon);
    cache.find("a", noon + 9 * minute);
    expect(cache.find("a", noon + 11 * minute)).toBeUndefined();
  });

  it("the cache of verified tokens drops a token one minute after it expires", () => {
    const cache = new VerifiedTokenCache();
    cache.set("a", identityOf("ada", noonSeconds + 5), noon);
    expect(cache.find("a", noon + 64_999)).toBeDefined();
    expect(cache.find("a", noon + 65_000)).toBeUndefined();
  });

  it("the cache of verified tokens returns nothing for a token that was not added", () => {
    expect(new VerifiedTokenCache().find("a", noon)).toBeUndefined();
  });

  it("the cache of verified tokens drops the least recently used token when it is full", () => {
    const cache = new VerifiedTokenCache(2);
    cache.set("a", identityOf("ada"), noon);
    cache.set("b", identityOf("bob"), noon);
    cache.find("a", noon);
    cache.set("c", identityOf("cyd"), noon);
    expect(cache.find("a", noon)?.subject).toBe("ada");
    expect(cache.find("b", noon)).toBeUndefined();
    expect(cache.find("c", noon)?.subject).toBe("cyd");
  });

  it("the cache of verified tokens drops no other token when the same one is added twice", () => {
    const cache = new VerifiedTokenCache(2);
    cache.set("a", identityOf("ada"), noon);
    cache.set("b", identityOf("bob"), noon);
    cache.set("b", identityOf("bob"), noon);
    expect(cache.find("a", noon)?.subject).toBe("ada");
  });

  it("the cache of verified tokens has room for 5,000 tokens", () => {
    const cache = new VerifiedTokenCache();
    for (let index = 0; index <= 5_000; index += 1) cache.set(`${index}`, identityOf("ada"), noon);
    expect(cache.find("0", noon)).toBeUndefined();
    expect(cache.find("1", noon)).toBeDefined();
    expect(cache.find("5000", noon)).toBeDefined();
  });

  it("the cache of verified tokens is keyed by the SHA-256 of the token", async () => {
    expect(await tokenDigest("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
