import { describe, expect, it } from "vitest";

import { tokenDigest, VerifiedTokenCache } from "../../../src/auth/token-cache.ts";
import type { Identity } from "../../../src/domain/identity.ts";
import { noon, noonSeconds } from "../../support/signing.ts";

const minute = 60_000;

function identityOf(subject: string, expiresAt = noonSeconds + 3600): Identity {
  const nothing = { name: undefined, givenName: undefined, familyName: undefined };
  const claims = { email: undefined, verifiedEmail: undefined, picture: undefined, locale: undefined };
  return { issuer: "https://id.example", subject, issuedAt: 0, expiresAt, ...nothing, ...claims };
}

describe("the memory of tokens", () => {
  it("knows a token for ten minutes", () => {
    const memory = new VerifiedTokenCache();
    const ada = identityOf("ada");
    memory.set("a", ada, noon);
    expect(memory.find("a", noon + 10 * minute - 1)).toBe(ada);
    expect(memory.find("a", noon + 10 * minute)).toBeUndefined();
  });

  it("is not made longer by use", () => {
    const memory = new VerifiedTokenCache();
    memory.set("a", identityOf("ada"), noon);
    memory.find("a", noon + 9 * minute);
    expect(memory.find("a", noon + 11 * minute)).toBeUndefined();
  });

  it("forgets a token a minute after it expires", () => {
    const memory = new VerifiedTokenCache();
    memory.set("a", identityOf("ada", noonSeconds + 5), noon);
    expect(memory.find("a", noon + 64_999)).toBeDefined();
    expect(memory.find("a", noon + 65_000)).toBeUndefined();
  });

  it("does not know what it was not told", () => {
    expect(new VerifiedTokenCache().find("a", noon)).toBeUndefined();
  });

  it("lets go of what was used longest ago", () => {
    const memory = new VerifiedTokenCache(2);
    memory.set("a", identityOf("ada"), noon);
    memory.set("b", identityOf("bob"), noon);
    memory.find("a", noon);
    memory.set("c", identityOf("cyd"), noon);
    expect(memory.find("a", noon)?.subject).toBe("ada");
    expect(memory.find("b", noon)).toBeUndefined();
    expect(memory.find("c", noon)?.subject).toBe("cyd");
  });

  it("does not let go of anything when a token is remembered again", () => {
    const memory = new VerifiedTokenCache(2);
    memory.set("a", identityOf("ada"), noon);
    memory.set("b", identityOf("bob"), noon);
    memory.set("b", identityOf("bob"), noon);
    expect(memory.find("a", noon)?.subject).toBe("ada");
  });

  it("holds 5,000 tokens", () => {
    const memory = new VerifiedTokenCache();
    for (let index = 0; index <= 5_000; index += 1) memory.set(`${index}`, identityOf("ada"), noon);
    expect(memory.find("0", noon)).toBeUndefined();
    expect(memory.find("1", noon)).toBeDefined();
    expect(memory.find("5000", noon)).toBeDefined();
  });

  it("names tokens by their SHA-256", async () => {
    expect(await tokenDigest("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
