import assert from "node:assert/strict";
import { test } from "node:test";
import { readTokenRequest, tokenClaims } from "../../scripts/dev/token.ts";

void test("an expired token can be requested, and it is issued before it expires", () => {
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

void test("all spellings of an address have the same subject", () => {
  const request = readTokenRequest(["a@b"]);
  const subjects = [" Ada@Example.COM", "ada@example.com"].map((email) => tokenClaims(request, email, 0).sub);
  assert.equal(subjects[0], subjects[1]);
});

void test("a name is split at its first space", () => {
  const claims = tokenClaims(readTokenRequest(["a@b", "--name", "Ada King Lovelace"]), "a@b", 0);
  assert.deepEqual([claims.given_name, claims.family_name], ["Ada", "King Lovelace"]);
});
