import assert from "node:assert/strict";
import { test } from "node:test";
import { envFileLine, withLocalIssuer } from "../../scripts/dev/local-config.ts";

void test("the local issuer is added to ISSUERS exactly once", () => {
  const key = { kty: "EC", crv: "P-256", kid: "k", x: "x", y: "y", d: "secret" };
  const once = withLocalIssuer('[{"issuer":"https://a"}]', key);
  assert.equal(JSON.parse(once).length, 2);
  assert.equal(withLocalIssuer(once, key), once);
  assert.ok(!once.includes("secret"));
  assert.throws(() => withLocalIssuer("{}", key));
});

void test("values in an env file keep their dollar signs, and values that it cannot hold are rejected", () => {
  assert.equal(envFileLine("A", 'x$y"\n'), "A='x\\$y\"\n'\n");
  assert.throws(() => envFileLine("A", "'`"));
});
