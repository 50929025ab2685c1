import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig, defineProject } from "vitest/config";

import { copyAssets } from "./scripts/dev/assets.ts";
import { createTestKeys } from "./test/support/keys.ts";
import type { TestEffort } from "./test/support/provided.ts";

// Test the pages as they are in the source, not as they were at installation.
copyAssets();

const slow = process.env["SLOW"] === "1";

const provide: TestEffort = {
  slow,
  model: {
    runs: Number(process.env["MODEL_RUNS"] ?? (slow ? 50 : 5)),
    seed: Number(process.env["MODEL_SEED"] ?? 20_261_122),
    path: process.env["MODEL_PATH"] ?? "",
  },
};

/** The Workers runtime with a real D1 database, R2 bucket, queue and Durable Objects. */
const worker = cloudflareTest(async ({ inject }) => {
  const { keys, issuers } = await createTestKeys(inject("remoteSite"));
  return {
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      bindings: {
        MIGRATIONS: await readD1Migrations("./migrations"),
        TEST_KEYS: keys,
        PUBLIC_URL: "https://roster.test",
        ISSUERS: JSON.stringify(issuers),
        OPERATORS: "root@example.com, https://issuer.test|operator-by-subject",
        INVITE_SECRET: "a secret that only the tests know, of 43 or more characters",
        CORS_ORIGINS: "https://app.test",
        // The tests of rate limits turn them on; other tests send more requests than a person would.
        RATE_LIMITS: "off",
        // The tests of the request log turn it on; thousands of lines help nobody otherwise.
        REQUEST_LOG: "off",
      },
    },
  };
});

/** Plain Node: domain, rendering, validation. */
const unitProject = defineProject({
  test: {
    name: "unit",
    provide,
    include: ["test/unit/**/*.test.ts"],
    environment: "node",
    // The Workers runtime has Uint8Array.toBase64() and its like; Node 24 has them behind a flag.
    execArgv: ["--js-base-64"],
    setupFiles: ["./test/support/node/workers-globals.ts"],
    testTimeout: 30_000,
    isolate: false,
  },
});

/** The Workers runtime. */
export const apiProject = defineProject({
  plugins: [worker],
  test: {
    name: "api",
    provide,
    include: ["test/{api,model,storage}/**/*.test.ts"],
    globalSetup: ["./test/support/node/issuer-site-server.ts"],
    setupFiles: ["./test/support/setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Files share two runtimes instead of starting one each. The setup file empties what they store.
    isolate: false,
  },
});

export default defineConfig({
  test: { projects: [unitProject, apiProject], maxWorkers: 2, taskTitleValueFormatTruncate: 100 },
});
