import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

import { copyAssets } from "./scripts/dev/assets.ts";
import { makeTestKeys } from "./test/keys.ts";

// The pages are tested as they are, not as they were when packages were installed.
copyAssets();

export default defineConfig({
  plugins: [
    cloudflareTest(async ({ inject }) => {
      const { keys, issuers } = await makeTestKeys(inject("remoteSite"));
      return {
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: {
          bindings: {
            MIGRATIONS: await readD1Migrations("./migrations"),
            TEST_KEYS: keys,
            PUBLIC_URL: "https://roster.test",
            ISSUERS: JSON.stringify(issuers),
            OPERATORS: "root@example.com, https://issuer.test|operator-by-subject",
            INVITE_SECRET: "a secret only the tests know, long enough",
            CORS_ORIGINS: "https://app.test",
            // Tests of the limits turn them on; the others ask more than a person would.
            RATE_LIMITS: "off",
            // A line for each of many thousand requests; its own tests turn it on.
            REQUEST_LOG: "off",
            ISOLATION: {
              runs: Number(process.env["ISOLATION_RUNS"] ?? 10),
              seed: Number(process.env["ISOLATION_SEED"] ?? 20_261_122),
              path: process.env["ISOLATION_PATH"] ?? "",
            },
          },
        },
      };
    }),
  ],
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["./test/node/issuer-sites.ts"],
    setupFiles: ["./test/setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Files share two runtimes instead of starting one each, which would take most of the time; the
    // setup empties what they store.
    isolate: false,
    maxWorkers: 2,
  },
});
