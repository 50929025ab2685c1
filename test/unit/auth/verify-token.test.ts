import { base64url, exportSPKI } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";

import { parseIssuers } from "../../../src/auth/issuers.ts";
import { TokenVerifier } from "../../../src/auth/verify-token.ts";
import {
  createIssuer,
  createSigningKey,
  expectRejection,
  goodClaims,
  noon,
  noonSeconds,
  type SigningKey,
  signToken,
} from "../../support/signing.ts";

let key: SigningKey;
let rsa: SigningKey;
let ed: SigningKey;
let evil: SigningKey;
let verifier: TokenVerifier;

beforeAll(async () => {
  [key, rsa, ed, evil] = await Promise.all([
    createSigningKey("key-1"),
    createSigningKey("rsa-1", "RS256"),
    createSigningKey("ed-1", "EdDSA"),
    createSigningKey("key-1"),
  ]);
  verifier = new TokenVerifier([createIssuer([key, rsa, ed])], { now: () => noon });
});

const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
const signWith = async (change: Readonly<Record<string, unknown>>) => signToken(key, goodClaims(change));
/** Claims as JSON text in which one has a value that only text can express. */
const written = (name: string, value: string) =>
  JSON.stringify(goodClaims({ [name]: "?" })).replace('"?"', value);

describe("a valid token", () => {
  it("a valid token yields the identity of its user", async () => {
    const claims = {
      email: "Ada@Example.com",
      email_verified: true,
      name: "Ada Lovelace",
      given_name: "Ada",
      family_name: "Lovelace",
      preferred_username: "ada",
      picture: "https://pictures.example/ada.png",
      locale: "en-GB",
      roles: ["ROOT"],
    };
    expect(await verifier.verify(await signWith(claims))).toEqual({
      issuer: "https://id.example",
      subject: "ada",
      issuedAt: noonSeconds - 10,
      expiresAt: noonSeconds + 3600,
      email: "Ada@Example.com",
      verifiedEmail: "ada@example.com",
      name: "Ada Lovelace",
      givenName: "Ada",
      familyName: "Lovelace",
      username: "ada",
      picture: "https://pictures.example/ada.png",
      locale: "en-GB",
    });
  });

  it("a valid token needs no more than issuer, audience, subject and expiry", async () => {
    expect(await verifier.verify(await signWith({ iat: undefined }))).toEqual({
      issuer: "https://id.example",
      subject: "ada",
      issuedAt: 0,
      expiresAt: noonSeconds + 3600,
      email: undefined,
      verifiedEmail: undefined,
      name: undefined,
      givenName: undefined,
      familyName: undefined,
      username: undefined,
      picture: undefined,
      locale: undefined,
    });
  });

  it.each("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" "))(
    "a valid token may be signed with %s unless the issuer allows fewer algorithms",
    async (alg) => {
      const signer = await createSigningKey("key-1", alg);
      const entry = { issuer: "https://id.example", audience: "roster", jwks: { keys: [signer.jwk] } };
      const any = new TokenVerifier(parseIssuers(JSON.stringify([entry])), { now: () => noon });
      expect(await any.verify(await signToken(signer))).toMatchObject({ subject: "ada" });
    },
  );

  it.each(["JWT", "jwt", "at+jwt", "application/at+JWT", "Application/JWT", undefined])(
    "a valid token may be of type %s",
    async (typ) => {
      expect(await verifier.verify(await signToken(key, goodClaims(), { typ }))).toMatchObject({
        subject: "ada",
      });
    },
  );

  it("a valid token may be for several audiences, ours among them [R15]", async () => {
    const token = await signWith({ aud: ["billing", "roster"] });
    expect(await verifier.verify(token)).toMatchObject({ subject: "ada" });
  });

  it("a valid token may contain unknown claims of any depth [R17]", async () => {
    const token = await signToken(key, written("deep", "[".repeat(1000) + "]".repeat(1000)));
    expect(await verifier.verify(token)).toMatchObject({ subject: "ada" });
  });
});

describe("a token is refused", () => {
  const refused = (token: string) => expectRejection(verifier.verify(token));

  it.each(["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", "x".repeat(100), "\u0000.\u0000.\u0000"])(
    "a token is refused when it is malformed: %j",
    refused,
  );

  it("a token is refused when it has two, four or five parts", async () => {
    const token = await signToken(key);
    await refused(token.slice(0, token.lastIndexOf(".")));
    await refused(`${token}.`);
    await refused(`${token}.e30`);
    await refused(`${token}.e30.e30`);
  });

  it("a token is refused when it contains white space or padding", async () => {
    const token = await signToken(key);
    await refused(` ${token}`);
    await refused(`${token}\n`);
    await refused(`${token}=`);
    await refused(token.replace(".", " ."));
  });

  it("a token is refused when it is larger than 8 KiB, even if it is valid [R17]", async () => {
    const withPadding = (size: number) => signWith({ padding: "x".repeat(size) });
    const large = await withPadding(6750);
    expect(large.length).toBeGreaterThan(9 * 1024);
    await refused(large);
    const fitting = await withPadding(5700);
    expect(fitting.length).toBeLessThanOrEqual(8 * 1024);
    expect(await verifier.verify(fitting)).toMatchObject({ subject: "ada" });
  });

  it("a token is refused when its payload or its signature was changed", async () => {
    const [header, payload, signature] = (await signToken(key)).split(".");
    await refused(`${header}.${encode(goodClaims({ sub: "bob" }))}.${signature}`);
    await refused(`${header}.${payload}.${base64url.encode(new Uint8Array(64))}`);
    await refused(`${header}.${payload}.e30`);
    await refused(`${encode({ alg: "ES256", kid: "key-1" })}.${payload}.${signature}`);
  });

  it.each(["none", "None", "NONE", "", undefined, null, 1, ["ES256"]])(
    "a token is refused for the algorithm %j [R14]",
    async (alg) => {
      const header = encode({ alg, kid: "key-1" });
      await refused(`${header}.${encode(goodClaims())}.`);
      await refused(`${header}.${encode(goodClaims())}.AA`);
      await refused(`${header}.${(await signToken(key)).split(".").slice(1).join(".")}`);
    },
  );

  it("a token is refused when the public key was used as an HMAC secret [R14]", async () => {
    for (const known of [key, rsa, ed]) {
      const texts = [JSON.stringify(known.jwk), await exportSPKI(known.publicKey)];
      for (const text of texts) {
        const secret = new TextEncoder().encode(text);
        await refused(await signToken(known, goodClaims(), { alg: "HS256" }, secret));
      }
    }
  });

  it("a token is refused for an algorithm that the issuer does not allow [R14]", async () => {
    const issuer = createIssuer([key, rsa], { algorithms: ["ES256"] });
    const narrow = new TokenVerifier([issuer], { now: () => noon });
    expect(await narrow.verify(await signToken(key))).toMatchObject({ subject: "ada" });
    await expectRejection(narrow.verify(await signToken(rsa)));
  });

  it("a token is refused for an algorithm that does not match its key", async () => {
    await refused(await signToken(rsa, goodClaims(), { kid: "key-1" }));
    await refused(await signToken(key, goodClaims(), { kid: "rsa-1" }));
  });

  it.each([
    undefined,
    null,
    "",
    1,
    {},
    ["key-1"],
    "unknown",
    "../key-1",
    "../../etc/passwd",
    "key-1\0",
    "KEY-1",
    "__proto__",
    "x".repeat(256),
    "' OR 1=1 --",
  ])("a token is refused for the key id %j [R14]", async (kid) => {
    await refused(await signToken(key, goodClaims(), { kid }));
  });

  it("a token is refused for a key in its own header", async () => {
    const { kid: _, ...nameless } = evil.jwk;
    await refused(await signToken(evil, goodClaims(), { jwk: evil.jwk }));
    await refused(await signToken(evil, goodClaims(), { jwk: nameless, kid: "unknown" }));
  });

  it("a token is refused for a key URL in its header, which is never fetched", async () => {
    const fetch = vi.fn(async () => Response.json({ keys: [evil.jwk] }));
    const inline = new TokenVerifier([createIssuer([key])], { now: () => noon, fetch });
    const address = "https://evil.example/keys";
    for (const header of [{ jku: address }, { x5u: address }, { x5c: ["MIIB"] }, { kid: address }]) {
      await expectRejection(inline.verify(await signToken(evil, goodClaims(), header)));
    }
    expect(fetch).not.toHaveBeenCalled();
  });

  it("a token is refused for an unknown critical extension or an unencoded payload [R14]", async () => {
    await refused(await signToken(key, goodClaims(), { crit: ["x-critical"], "x-critical": true }));
    const header = encode({ alg: "ES256", kid: "key-1", crit: ["b64"], b64: false });
    const input = new TextEncoder().encode(`${header}.${encode(goodClaims())}`);
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, key.privateKey, input));
    await refused(`${header}.${encode(goodClaims())}.${base64url.encode(signature)}`);
  });

  it.each(["logout+jwt", "secevent+jwt", "dpop+jwt", "", "application/", "text/jwt", 1, null, ["JWT"]])(
    "a token is refused for the type %j [R15]",
    async (typ) => {
      await refused(await signToken(key, goodClaims(), { typ }));
    },
  );

  it("a token is refused for an RSA key under 2048 bits", async () => {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const size = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
    const pair = await crypto.subtle.generateKey({ ...algorithm, ...size }, true, ["sign", "verify"]);
    if (!("privateKey" in pair)) throw new Error("expected a pair");
    const jwk = await crypto.subtle.exportKey("jwk", pair.publicKey);
    if (jwk instanceof ArrayBuffer) throw new Error("expected a JWK");
    const weak = { ...rsa, jwk: { kty: "RSA", n: jwk.n ?? "", e: jwk.e ?? "", kid: "weak" } };
    const text = `${encode({ alg: "RS256", kid: "weak" })}.${encode(goodClaims())}`;
    const input = new TextEncoder().encode(text);
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, input));
    expect(await crypto.subtle.verify(algorithm, pair.publicKey, signature, input)).toBe(true);
    const lenient = new TokenVerifier([createIssuer([weak])], { now: () => noon });
    await expectRejection(lenient.verify(`${text}.${base64url.encode(signature)}`));
  });

  it("a token is refused when two keys could have signed it", async () => {
    const unclear = new TokenVerifier([createIssuer([key, evil])], { now: () => noon });
    await expectRejection(unclear.verify(await signToken(key)));
  });

  it.each([
    undefined,
    null,
    "",
    1,
    ["https://id.example"],
    "__proto__",
    "https://evil.example",
    "https://id.example/",
    "HTTPS://ID.EXAMPLE",
    " https://id.example",
  ])("a token is refused from the issuer %j [R15]", async (iss) => {
    await refused(await signWith({ iss }));
  });

  it.each([
    undefined,
    null,
    "",
    1,
    {},
    [],
    [1],
    [["roster"]],
    { roster: true },
    "billing",
    "Roster",
    "roster ",
    "https://id.example",
    ["billing", "other"],
  ])("a token is refused for the audience %j [R15]", async (aud) => {
    await refused(await signWith({ aud }));
  });

  it("a token is refused when it is an ID token for another client with us as authorized party [R15]", async () => {
    await refused(await signWith({ aud: "web-client", azp: "roster", nonce: "n" }));
  });

  it.each([undefined, null, "", " ", 7, ["ada"], {}, "x".repeat(256), "a\u0000b", "a\ud800"])(
    "a token is refused for the subject %j [R15]",
    async (sub) => {
      await refused(await signWith({ sub }));
    },
  );

  it.each([undefined, null, "", "2099-01-01", `${noonSeconds + 3600}`, -1, 0, 253402300800, 1e21, {}])(
    "a token is refused for the expiry %j [R16]",
    async (exp) => {
      await refused(await signWith({ exp }));
    },
  );

  it.each([null, "", `${noonSeconds}`, noonSeconds + 61, -1, 1e300, {}, true])(
    "a token is refused for the time of issue %j [R16]",
    async (iat) => {
      await refused(await signWith({ iat }));
    },
  );

  it.each(["exp", "iat", "nbf"])("a token is refused for an infinite %s [R16]", async (name) => {
    await refused(await signToken(key, written(name, "1e400")));
  });

  it.each([null, "now", `${noonSeconds}`, {}])(
    "a token is refused for the start time %j [R16]",
    async (nbf) => {
      await refused(await signWith({ nbf }));
    },
  );

  it("a token is refused when its payload is not UTF-8, not JSON or not an object [R17]", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(goodClaims({ name: "?" })));
    bytes[bytes.lastIndexOf(0x3f)] = 0xff;
    await refused(await signToken(key, bytes));
    await refused(await signToken(key, "{"));
    for (const payload of ["null", "[]", '"ada"', "1", "[".repeat(1000) + "]".repeat(1000)]) {
      await refused(await signToken(key, payload));
    }
    await refused(await signToken(key, '{"a":'.repeat(1000) + "1" + "}".repeat(1000)));
  });
});

describe("the clock tolerance is one minute:", () => {
  it.each<{ name: string; offset: number; good: boolean }>([
    { name: "exp", offset: -59, good: true },
    { name: "exp", offset: -60, good: false },
    { name: "exp", offset: -61, good: false },
    { name: "nbf", offset: 59, good: true },
    { name: "nbf", offset: 60, good: true },
    { name: "nbf", offset: 61, good: false },
    { name: "iat", offset: 59, good: true },
    { name: "iat", offset: 60, good: true },
    { name: "iat", offset: 61, good: false },
  ])("$name $offset seconds from now is accepted: $good [R16]", async ({ name, offset, good }) => {
    const attempt = verifier.verify(await signWith({ [name]: noonSeconds + offset }));
    if (good) expect(await attempt).toMatchObject({ subject: "ada" });
    else await expectRejection(attempt);
  });

  it("a token that expires at the end of 9999 is accepted", async () => {
    const token = await signWith({ exp: 253402300799 });
    expect(await verifier.verify(token)).toMatchObject({ expiresAt: 253402300799 });
  });

  it("fractions of a second are cut off", async () => {
    const token = await signWith({ exp: noonSeconds + 10.9, iat: noonSeconds - 0.1 });
    const times = { expiresAt: noonSeconds + 10, issuedAt: noonSeconds - 1 };
    expect(await verifier.verify(token)).toMatchObject(times);
  });
});

describe("a claim about the user", () => {
  it.each([true, "true"])(
    "a claim about the user verifies an e-mail if email_verified is %j",
    async (email_verified) => {
      const identity = await verifier.verify(await signWith({ email: "ada@example.com", email_verified }));
      expect(identity.verifiedEmail).toBe("ada@example.com");
    },
  );

  it("a claim about the user verifies no e-mail if email_verified is anything else", async () => {
    for (const email_verified of [undefined, null, false, "false", "TRUE", "", 1, ["true"]]) {
      const identity = await verifier.verify(await signWith({ email: "ada@example.com", email_verified }));
      expect(identity).toMatchObject({ email: "ada@example.com", verifiedEmail: undefined });
    }
  });

  it("a claim about the user verifies no e-mail if the issuer is not trusted with e-mails", async () => {
    const distrusted = new TokenVerifier([createIssuer([key], { trustEmail: false })], { now: () => noon });
    const identity = await distrusted.verify(
      await signWith({ email: "ada@example.com", email_verified: true }),
    );
    expect(identity).toMatchObject({ email: "ada@example.com", verifiedEmail: undefined });
  });

  it.each([
    1,
    "",
    " ",
    null,
    ["ada@example.com"],
    `${"x".repeat(250)}@x.it`,
    "a\nb@example.com",
    "\udc00@x.it",
  ])("a claim about the user is ignored if it is an invalid e-mail: %j", async (email) => {
    const identity = await verifier.verify(await signWith({ email, email_verified: true }));
    expect(identity).toMatchObject({ email: undefined, verifiedEmail: undefined });
  });

  it.each([1, "", null, {}, "x".repeat(301), "a\u0000b", "a\u0085b", "\ud800"])(
    "a claim about the user is ignored if it is an invalid locale: %j",
    async (locale) => {
      expect((await verifier.verify(await signWith({ locale }))).locale).toBeUndefined();
    },
  );

  it("a claim about the user may have 300 characters as a locale, and 2,048 as a picture URL", async () => {
    const locale = "é".repeat(300);
    const picture = `https://x.it/${"p".repeat(2035)}`;
    expect(await verifier.verify(await signWith({ locale, picture }))).toMatchObject({ locale, picture });
    const longer = await verifier.verify(await signWith({ picture: `${picture}p` }));
    expect(longer.picture).toBeUndefined();
  });

  it.each([
    "http://x.it/p",
    "javascript:alert(1)",
    "data:image/png,",
    "//x.it/p",
    "p.png",
    "https://",
    "https://127.0.0.1/p",
    "https://[::1]/p",
    "https://localhost/p",
    "https://ada:secret@x.it/p",
    1,
  ])(
    "a claim about the user is ignored if it is a picture without a public https URL: %j [R65]",
    async (picture) => {
      expect((await verifier.verify(await signWith({ picture }))).picture).toBeUndefined();
    },
  );
});

describe("two issuers", () => {
  const other = "https://other.example";

  it("two issuers have separate keys, even under the same key id", async () => {
    const issuers = [createIssuer([key]), createIssuer([evil], { issuer: other, audiences: ["roster-2"] })];
    const both = new TokenVerifier(issuers, { now: () => noon });
    const ofOther = goodClaims({ iss: other, aud: "roster-2" });
    expect(await both.verify(await signToken(key))).toMatchObject({ issuer: "https://id.example" });
    expect(await both.verify(await signToken(evil, ofOther))).toMatchObject({ issuer: other });
    await expectRejection(both.verify(await signToken(evil)));
    await expectRejection(both.verify(await signToken(key, ofOther)));
    await expectRejection(both.verify(await signToken(evil, goodClaims({ iss: other }))));
  });

  it("two issuers share no key ids, algorithms or trust in e-mails [R19]", async () => {
    const second = { issuer: other, algorithms: ["EdDSA"], trustEmail: false };
    const both = new TokenVerifier([createIssuer([key]), createIssuer([ed], second)], { now: () => noon });
    await expectRejection(both.verify(await signToken(ed)));
    await expectRejection(both.verify(await signToken(key, goodClaims({ iss: other }))));
    const claims = goodClaims({ iss: other, email: "ada@example.com", email_verified: true });
    expect(await both.verify(await signToken(ed, claims))).toMatchObject({ verifiedEmail: undefined });
  });
});

describe("an issuer that publishes its keys", () => {
  /** A verifier whose issuer publishes `keys`, or is down while there are none. */
  function publish(...keys: readonly SigningKey[]) {
    const site = { keys, now: noon, fetches: 0 };
    const url = new URL("https://id.example/keys");
    const remote = new TokenVerifier([createIssuer([], { keys: { kind: "remote", url } })], {
      now: () => site.now,
      fetch: async () => {
        site.fetches += 1;
        const jwks = { keys: site.keys.map(({ jwk }) => jwk) };
        return site.keys.length > 0 ? Response.json(jwks) : new Response("", { status: 500 });
      },
    });
    return { site, remote };
  }
  const lasting = (signer: SigningKey, sub = "ada") =>
    signToken(signer, goodClaims({ sub, exp: noonSeconds + 1e6 }));
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);

  it("an issuer that publishes its keys is requested once for 20 concurrent tokens", async () => {
    const { site, remote } = publish(key);
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => lasting(key, `user-${index}`)));
    const identities = await Promise.all(tokens.map((token) => remote.verify(token)));
    expect(identities.map(({ subject }) => subject)).toEqual(tokens.map((_, index) => `user-${index}`));
    expect(site.fetches).toBe(1);
  });

  it("an issuer that publishes its keys may add a key, which is found with one fetch", async () => {
    const { site, remote } = publish(key);
    await remote.verify(await lasting(key));
    site.keys = [key, ed];
    site.now += 30_000;
    expect(await remote.verify(await lasting(ed, "bob"))).toMatchObject({ subject: "bob" });
    expect(await remote.verify(await lasting(ed, "cyd"))).toMatchObject({ subject: "cyd" });
    expect(site.fetches).toBe(2);
  });

  it("an issuer that publishes its keys may withdraw a key, whose tokens then stop working", async () => {
    const { site, remote } = publish(key, ed);
    const token = await lasting(ed);
    await remote.verify(token);
    site.keys = [key];
    site.now += 10 * 60_000;
    await expectRejection(remote.verify(token));
  });

  it("an issuer that publishes its keys is not flooded by tokens with made-up key ids", async () => {
    const { site, remote } = publish(key);
    await remote.verify(await lasting(key));
    site.now += 30_000;
    for (let index = 0; index < 50; index += 1) {
      await expectRejection(remote.verify(await signToken(evil, goodClaims(), { kid: `made-up-${index}` })));
    }
    expect(site.fetches).toBe(2);
  });

  it("an issuer that publishes its keys is not requested for malformed tokens or tokens of unknown issuers", async () => {
    const { site, remote } = publish(key);
    await expectRejection(remote.verify(await signToken(key, goodClaims({ iss: "https://evil.example" }))));
    await expectRejection(remote.verify(await signToken(key, goodClaims(), { typ: "logout+jwt" })));
    await expectRejection(remote.verify(await signToken(key, goodClaims(), { kid: undefined })));
    expect(site.fetches).toBe(0);
  });

  it("an issuer that publishes its keys may be down for a day, during which its last keys are used", async () => {
    const { site, remote } = publish(key);
    await remote.verify(await lasting(key));
    site.keys = [];
    site.now += 24 * 60 * 60_000 - 1;
    expect(await remote.verify(await lasting(key, "bob"))).toMatchObject({ subject: "bob" });
    site.now += 60_000;
    await expectRejection(remote.verify(await lasting(key, "cyd")), "issuer_unavailable", { retryAfter: 30 });
  });

  it("an issuer that publishes its keys is unavailable, and the token not rejected, if it never returned keys", async () => {
    const { remote } = publish();
    await expectRejection(remote.verify(await lasting(key)), "issuer_unavailable", { retryAfter: 30 });
    expect(warn).toHaveBeenCalled();
  });
});

describe("a token that was verified before", () => {
  it("a token that was verified before is accepted from the cache until one minute after it expires", async () => {
    const clock = { now: noon };
    const caching = new TokenVerifier([createIssuer([key])], { now: () => clock.now });
    const token = await signWith({ exp: noonSeconds + 30 });
    const identity = await caching.verify(token);
    expect(await caching.verify(token)).toBe(identity);
    clock.now += 89_999;
    expect(await caching.verify(token)).toBe(identity);
    clock.now += 1;
    await expectRejection(caching.verify(token));
  });

  it("a token that was verified before is verified again after ten minutes", async () => {
    const clock = { now: noon };
    const caching = new TokenVerifier([createIssuer([key])], { now: () => clock.now });
    const token = await signToken(key);
    const identity = await caching.verify(token);
    clock.now += 10 * 60_000;
    const again = await caching.verify(token);
    expect(again).not.toBe(identity);
    expect(again).toEqual(identity);
  });

  it("a token that was verified before does not make a token with another signature valid", async () => {
    const [header, payload] = (await signToken(key)).split(".");
    await verifier.verify(await signToken(key));
    await expectRejection(verifier.verify(`${header}.${payload}.${(await signToken(evil)).split(".")[2]}`));
  });
});

describe("the reason of a rejected token, for the log only,", () => {
  it.each([
    { token: () => "abc", reason: "malformed" },
    { token: () => signToken(key, "{"), reason: "malformed" },
    { token: () => signToken(key, goodClaims(), { typ: "logout+jwt" }), reason: "type_not_accepted" },
    { token: () => signToken(key, goodClaims(), { kid: undefined }), reason: "key_id_missing" },
    { token: () => signWith({ iss: "https://evil.example" }), reason: "issuer_unknown" },
    {
      token: () => signToken(key, goodClaims(), { alg: "HS256" }, new Uint8Array(32)),
      reason: "algorithm_not_accepted",
    },
    { token: () => signToken(key, goodClaims(), { kid: "unknown" }), reason: "key_unknown" },
    { token: () => signToken(evil), reason: "signature_invalid" },
    { token: () => signWith({ exp: noonSeconds - 3600 }), reason: "expired" },
    { token: () => signWith({ exp: "tomorrow" }), reason: "time_invalid" },
    { token: () => signWith({ iat: noonSeconds + 3600 }), reason: "time_invalid" },
    { token: () => signWith({ nbf: noonSeconds + 3600 }), reason: "not_yet_valid" },
    { token: () => signWith({ aud: "billing" }), reason: "audience_mismatch" },
    { token: () => signWith({ sub: undefined }), reason: "subject_invalid" },
    { token: () => signWith({ sub: "a\u0000b" }), reason: "subject_invalid" },
  ])("the reason of a rejected token, for the log only, is $reason", async ({ token, reason }) => {
    await expect(verifier.verify(await token())).rejects.toMatchObject({ code: "token_invalid", reason });
  });
});
