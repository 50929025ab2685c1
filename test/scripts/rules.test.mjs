import assert from "node:assert/strict";
import { test } from "node:test";
import { envFileLine, withLocalIssuer } from "../../scripts/dev/local-config.ts";
import { cronMatches, cronsOf } from "../../scripts/dev/crons.ts";
import { readTokenRequest, tokenClaims } from "../../scripts/dev/token.ts";

void test("crons name minutes and hours of UTC", () => {
  const at = new Date("2026-11-21T13:35:00Z");
  for (const cron of ["* * * * *", "*/5 * * * *", "35 13 * * *", "0,30-40 */13 * * *"]) {
    assert.equal(cronMatches(cron, at), true, cron);
  }
  for (const cron of ["*/10 * * * *", "35 12 * * *", "36-59 * * * *"]) {
    assert.equal(cronMatches(cron, at), false, cron);
  }
  assert.throws(() => cronMatches("0 0 * * MON", at));
  assert.deepEqual(cronsOf("[triggers]\ncrons = [\"*/5 * * * *\", '0 3 * * *']\n"), [
    "*/5 * * * *",
    "0 3 * * *",
  ]);
});

void test("a token's seconds may be negative, and it is issued before it expires", () => {
  for (const args of [
    ["a@b", "--expires-in", "-10"],
    ["--expires-in=-10", "a@b"],
  ]) {
    const { iat, exp } = tokenClaims(readTokenRequest(args), "a@b", 1000);
    assert.deepEqual([iat, exp], [989, 990]);
  }
  assert.throws(() => readTokenRequest([]));
  assert.throws(() => readTokenRequest(["a@b", "--expires-in", "soon"]));
});

void test("every way of writing an address is one subject", () => {
  const request = readTokenRequest(["a@b"]);
  const subjects = [" Ada@Example.COM", "ada@example.com"].map((email) => tokenClaims(request, email, 0).sub);
  assert.equal(subjects[0], subjects[1]);
});

void test("a name is split at its first space", () => {
  const claims = tokenClaims(readTokenRequest(["a@b", "--name", "Ada King Lovelace"]), "a@b", 0);
  assert.deepEqual([claims.given_name, claims.family_name], ["Ada", "King Lovelace"]);
});

void test("the local issuer joins those given, once", () => {
  const key = { kty: "EC", crv: "P-256", kid: "k", x: "x", y: "y", d: "secret" };
  const once = withLocalIssuer('[{"issuer":"https://a"}]', key);
  assert.equal(JSON.parse(once).length, 2);
  assert.equal(withLocalIssuer(once, key), once);
  assert.ok(!once.includes("secret"));
  assert.throws(() => withLocalIssuer("{}", key));
});

void test("an env file's value keeps its dollars, and what it cannot keep is refused", () => {
  assert.equal(envFileLine("A", 'x$y"\n'), "A='x\\$y\"\n'\n");
  assert.throws(() => envFileLine("A", "'`"));
});
