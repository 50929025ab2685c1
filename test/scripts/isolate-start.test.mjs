import assert from "node:assert/strict";
import { test } from "node:test";

import { z } from "@hono/zod-openapi";

void test("an isolate starts without creating a schema", async () => {
  let created = 0;
  const { defineProperty } = Object;
  // zod does this first with each schema.
  Object.defineProperty = (target, key, descriptor) => {
    if (key === "_zod") created += 1;
    return defineProperty(target, key, descriptor);
  };
  try {
    await import("../../src/app.ts");
    assert.equal(created, 0);
    z.string();
    assert.equal(created, 1, "what is created is seen here");
  } finally {
    Object.defineProperty = defineProperty;
  }
});
