import assert from "node:assert/strict";
import { test } from "node:test";

import { z } from "@hono/zod-openapi";

void test("an isolate begins without making a schema", async () => {
  let made = 0;
  const { defineProperty } = Object;
  // The first thing that happens to whatever zod makes.
  Object.defineProperty = (target, key, descriptor) => {
    if (key === "_zod") made += 1;
    return defineProperty(target, key, descriptor);
  };
  try {
    await import("../../src/app.ts");
    assert.equal(made, 0);
    z.string();
    assert.equal(made, 1, "what is made is seen here");
  } finally {
    Object.defineProperty = defineProperty;
  }
});
