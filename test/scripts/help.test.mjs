import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HELP } from "../../scripts/dev/help.ts";

void test("npm run help describes every npm script, and no other", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const described = Object.values(HELP).flatMap(Object.keys);
  assert.deepEqual(described.toSorted(), Object.keys(scripts).toSorted());
});
