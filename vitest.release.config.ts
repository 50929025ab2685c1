import { defineConfig } from "vitest/config";

import config, { apiProject } from "./vitest.config.ts";

/** Runs only the test that records a release's statements; `npm run release` starts it. */
export default defineConfig({
  ...config,
  test: {
    projects: [{ ...apiProject, test: { ...apiProject.test, include: ["test/release/record.ts"] } }],
  },
});
