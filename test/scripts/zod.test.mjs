import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { test } from "node:test";

import * as bundled from "../../scripts/release/zod-slim.js";

void test("the bundled zod exports every type that the service uses", async () => {
  const missing = [];
  for await (const path of glob("src/**/*.ts")) {
    const code = stripTypeScriptTypes(await readFile(path, "utf8"));
    const names = [...code.matchAll(/\bz\.(\w+)/g)].map(([, name]) => name);
    missing.push(...names.filter((name) => !(name in bundled)).map((name) => `${path}: z.${name}`));
  }
  assert.deepEqual(missing, []);
});
