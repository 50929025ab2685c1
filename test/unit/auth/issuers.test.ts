import { beforeAll, describe, expect, it } from "vitest";

import { parseIssuers } from "../../../src/auth/issuers.ts";
import { createSigningKey, type SigningKey } from "../../support/signing.ts";

let key: SigningKey;
beforeAll(async () => {
  key = await createSigningKey();
});

const remote = {
  issuer: "https://id.example",
  audience: "roster",
  jwks_uri: "https://id.example/keys",
};
const parse = (...entries: readonly unknown[]) => parseIssuers(JSON.stringify(entries));
const inline = (...keys: readonly unknown[]) => ({
  issuer: "https://id.example",
  audience: "roster",
  jwks: { keys },
});

describe("a list of issuers", () => {
  it("a list of issuers may be empty", () => {
    expect(parse()).toEqual([]);
  });

  it("a list of issuers accepts a key URL, and defaults to every asymmetric algorithm and untrusted e-mails", () => {
    expect(parse(remote)).toEqual([
      {
        issuer: "https://id.example",
        audiences: ["roster"],
        keys: { kind: "remote", url: new URL("https://id.example/keys") },
        algorithms: [
          "RS256",
          "RS384",
          "RS512",
          "PS256",
          "PS384",
          "PS512",
          "ES256",
          "ES384",
          "ES512",
          "EdDSA",
          "Ed25519",
        ],
        trustEmail: false,
      },
    ]);
  });

  it("a list of issuers accepts inline keys, several audiences, fewer algorithms and trusted e-mails", () => {
    const entry = { ...inline(key.jwk), audience: ["a", "b"], algorithms: ["ES256"], trust_email: true };
    expect(parse(entry)).toEqual([
      {
        issuer: "https://id.example",
        audiences: ["a", "b"],
        keys: { kind: "inline", jwks: { keys: [key.jwk] } },
        algorithms: ["ES256"],
        trustEmail: true,
      },
    ]);
  });

  it.each(["http://localhost:8080/keys", "http://127.0.0.1/keys", "http://[::1]:1/keys"])(
    "a list of issuers may have a key URL without TLS on localhost: %s",
    (uri) => {
      expect(parse({ ...remote, jwks_uri: uri })[0]?.keys).toEqual({ kind: "remote", url: new URL(uri) });
    },
  );

  it("a list of issuers must be a JSON array", () => {
    expect(() => parseIssuers("")).toThrow(new Error("ISSUERS must be JSON."));
    expect(() => parseIssuers("{}")).toThrow(new Error("ISSUERS must be an array."));
  });

  it("a list of issuers must not repeat an issuer", () => {
    const twice = [remote, { ...remote, issuer: "https://other.example" }, remote];
    expect(() => parse(...twice)).toThrow(new Error("ISSUERS[2].issuer must not repeat an issuer."));
  });

  it.each<{ sentence: string; entry: unknown }>([
    { sentence: "ISSUERS[0] must be an object.", entry: "https://id.example" },
    { sentence: "ISSUERS[0] must be an object.", entry: null },
    { sentence: "ISSUERS[0] must be an object.", entry: [] },
    { sentence: "ISSUERS[0].jwksUri is not a known field.", entry: { ...remote, jwksUri: "" } },
    { sentence: "ISSUERS[0].issuer must be", entry: { ...remote, issuer: undefined } },
    { sentence: "ISSUERS[0].issuer must be", entry: { ...remote, issuer: "" } },
    { sentence: "ISSUERS[0].issuer must be", entry: { ...remote, issuer: "https://id.example|x" } },
    { sentence: "ISSUERS[0].audience must be", entry: { ...remote, audience: undefined } },
    { sentence: "ISSUERS[0].audience must be", entry: { ...remote, audience: "" } },
    { sentence: "ISSUERS[0].audience must be", entry: { ...remote, audience: [] } },
    { sentence: "ISSUERS[0].audience must be", entry: { ...remote, audience: ["roster", 1] } },
    { sentence: "ISSUERS[0] must have either jwks_uri or jwks.", entry: { ...remote, jwks_uri: undefined } },
    { sentence: "ISSUERS[0] must have either jwks_uri or jwks.", entry: { ...remote, jwks: { keys: [] } } },
    { sentence: "ISSUERS[0].jwks_uri must be an absolute URL.", entry: { ...remote, jwks_uri: "/keys" } },
    { sentence: "ISSUERS[0].jwks_uri must be an absolute URL.", entry: { ...remote, jwks_uri: null } },
    {
      sentence: "ISSUERS[0].jwks_uri must be an https URL",
      entry: { ...remote, jwks_uri: "http://id.example/keys" },
    },
    {
      sentence: "ISSUERS[0].jwks_uri must be an https URL",
      entry: { ...remote, jwks_uri: "http://localhost.id.example/keys" },
    },
    {
      sentence: "ISSUERS[0].jwks_uri must be an https URL",
      entry: { ...remote, jwks_uri: "http://127.0.0.1.id.example/keys" },
    },
    {
      sentence: "ISSUERS[0].jwks_uri must be an https URL",
      entry: { ...remote, jwks_uri: "http://10.0.0.1/keys" },
    },
    {
      sentence: "ISSUERS[0].jwks_uri must be an https URL",
      entry: { ...remote, jwks_uri: "http://169.254.169.254/keys" },
    },
    {
      sentence: "ISSUERS[0].jwks_uri must be an https URL",
      entry: { ...remote, jwks_uri: "ftp://localhost/keys" },
    },
    {
      sentence: "ISSUERS[0].jwks_uri must not carry credentials.",
      entry: { ...remote, jwks_uri: "https://a:b@id.example/" },
    },
    { sentence: "ISSUERS[0].jwks.keys must be a non-empty array.", entry: inline() },
    { sentence: "ISSUERS[0].jwks.keys must be a non-empty array.", entry: { ...inline(), jwks: [] } },
    { sentence: "ISSUERS[0].jwks.keys[0].kty must be", entry: inline("key") },
    { sentence: "ISSUERS[0].algorithms must be a non-empty array.", entry: { ...remote, algorithms: [] } },
    {
      sentence: "ISSUERS[0].algorithms must be a non-empty array.",
      entry: { ...remote, algorithms: "ES256" },
    },
    {
      sentence: "ISSUERS[0].algorithms must contain only these algorithms",
      entry: { ...remote, algorithms: ["ES256", "HS256"] },
    },
    {
      sentence: "ISSUERS[0].algorithms must contain only these algorithms",
      entry: { ...remote, algorithms: ["none"] },
    },
    {
      sentence: "ISSUERS[0].algorithms must contain only these algorithms",
      entry: { ...remote, algorithms: [null] },
    },
    { sentence: "ISSUERS[0].trust_email must be true or false.", entry: { ...remote, trust_email: "yes" } },
  ])("a list of issuers is rejected with the message: $sentence", ({ sentence, entry }) => {
    expect(() => parse(entry)).toThrow(sentence);
  });

  it("a list of issuers must contain only public keys with a key id", () => {
    const { kid: _, ...nameless } = key.jwk;
    const secret = { kty: "oct", kid: "key-1", k: "c2VjcmV0" };
    expect(() => parse(inline(key.jwk, nameless))).toThrow("ISSUERS[0].jwks.keys[1].kid must be");
    expect(() => parse(inline(key.privateJwk))).toThrow("ISSUERS[0].jwks.keys[0] must be a public key.");
    expect(() => parse(inline(secret))).toThrow("ISSUERS[0].jwks.keys[0] must be a public key.");
  });
});
